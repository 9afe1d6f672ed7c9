/** @file The view Training and models: what is in use, a training as it runs, one model, two models side by side. */

import { linkTo, type Route } from '../base/route.js'
import { Tabs } from '../parts/tabs.js'
import { ComparePage } from './compare-page.js'
import { ModelPage } from './model-page.js'
import { ModelsPage } from './models-page.js'
import { StartPage } from './start-page.js'
import { WatchPage } from './watch-page.js'

/** The view of the place. */
export function TrainingView({ route }: { readonly route: Route }) {
  const [, tab = 'models', id] = route.path
  return (
    <div class="view">
      <h1>Training and models</h1>
      <Tabs
        label="Training"
        tabs={[
          { name: 'Models', link: linkTo(['training']), isHere: tab === 'models' },
          { name: 'Compare', link: linkTo(['training', 'compare']), isHere: tab === 'compare' },
          { name: 'Train', link: linkTo(['training', 'new']), isHere: tab === 'new' || tab === 'jobs' },
        ]}
      />
      {tab === 'compare' && <ComparePage route={route} />}
      {tab === 'new' && <StartPage />}
      {tab === 'jobs' && id !== undefined && <WatchPage key={id} jobId={id} />}
      {tab === 'models' && (id === undefined ? <ModelsPage /> : <ModelPage key={id} modelId={id} />)}
    </div>
  )
}
