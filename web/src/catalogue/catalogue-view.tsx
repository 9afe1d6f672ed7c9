/** @file The view Catalogue and people: a list on the left, what was opened from it on the right; on a phone one of the two. */

import { linkTo, type Route } from '../base/route.js'
import { Empty } from '../parts/feedback.js'
import { Tabs } from '../parts/tabs.js'
import { ImportPage } from './import-page.js'
import { ItemPage } from './item-page.js'
import { ItemsList } from './items-list.js'
import { PeopleList } from './people-list.js'
import { UserPage } from './user-page.js'

/** The view of the place. */
export function CatalogueView({ route }: { readonly route: Route }) {
  const [, tab = 'items', id] = route.path
  return (
    <div class="view">
      <h1>Catalogue and people</h1>
      <Tabs
        label="Catalogue"
        tabs={[
          { name: 'Items', link: linkTo(['catalogue', 'items']), isHere: tab === 'items' },
          { name: 'People', link: linkTo(['catalogue', 'people']), isHere: tab === 'people' },
          { name: 'Import', link: linkTo(['catalogue', 'import']), isHere: tab === 'import' },
        ]}
      />
      {tab === 'import' ? (
        <ImportPage route={route} />
      ) : (
        <div class={`split ${id === undefined ? '' : 'opened'}`}>
          {tab === 'people' ? <PeopleList route={route} open={id} /> : <ItemsList route={route} open={id} />}
          <div class="detail">
            {id === undefined ? (
              <Empty title={tab === 'people' ? 'Choose somebody.' : 'Choose an item.'}>
                <p>
                  <kbd>j</kbd> and <kbd>k</kbd> move in the list, <kbd>Enter</kbd> opens.
                </p>
              </Empty>
            ) : tab === 'people' ? (
              <UserPage key={id} userId={id} />
            ) : (
              <ItemPage key={id} itemId={id} />
            )}
          </div>
        </div>
      )}
    </div>
  )
}
