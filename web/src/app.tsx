/** @file The frame: navigation, the view that the address names, and the windows that any view may need. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { currentKey, onKey } from './api/client.js'
import { listenToKeys } from './base/keyboard.js'
import { linkTo, useRoute } from './base/route.js'
import { currentTheme, setTheme, type Theme, themes } from './base/theme.js'
import { CatalogueView } from './catalogue/catalogue-view.js'
import { LiveView } from './live/live-view.js'
import { CallsDialog } from './parts/calls-dialog.js'
import { HelpDialog } from './parts/help-dialog.js'
import { Icon, type IconName } from './parts/icon.js'
import { KeyDialog } from './parts/key-dialog.js'
import { SystemView } from './system/system-view.js'
import { TrainingView } from './training/training-view.js'
import { TryView } from './try/try-view.js'

const views = [
  { path: 'try', name: 'Try', View: TryView },
  { path: 'catalogue', name: 'Catalogue', View: CatalogueView },
  { path: 'training', name: 'Training', View: TrainingView },
  { path: 'live', name: 'Live', View: LiveView },
  { path: 'system', name: 'System', View: SystemView },
] as const satisfies readonly { path: IconName; name: string; View: unknown }[]

type Open = 'help' | 'key' | 'key-needed' | 'calls' | undefined

/** The whole page. */
export function App() {
  const route = useRoute()
  const [open, setOpen] = useState<Open>()
  const [hasKey, noteKey] = useState(currentKey() !== '')
  const [theme, chooseTheme] = useState<Theme>(currentTheme())
  /** Whoever closed the question is not asked again until the key changes. */
  const wasAsked = useRef(false)
  const main = useRef<HTMLElement>(null)
  const view = views.find(({ path }) => path === route.path[0]) ?? views[0]

  useEffect(() => listenToKeys(() => setOpen('help')), [])
  useEffect(
    () =>
      onKey((reason) => {
        if (reason === 'changed') {
          noteKey(currentKey() !== '')
          wasAsked.current = false
        } else if (!wasAsked.current) {
          wasAsked.current = true
          setOpen('key-needed')
        }
      }),
    [],
  )
  useEffect(() => {
    document.title = `${view.name} · AdaptRec`
  }, [view])

  const nextTheme = themes[(themes.indexOf(theme) + 1) % themes.length]!
  const close = () => setOpen(undefined)
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <header class="frame">
        <a class="brand" href={linkTo(['try'])}>
          <img src="favicon.svg" alt="" width="22" height="22" />
          AdaptRec
        </a>
        <nav aria-label="Views">
          {views.map(({ path, name }) => (
            <a key={path} href={linkTo([path])} aria-current={path === view.path ? 'page' : undefined}>
              <Icon name={path} />
              <span>{name}</span>
            </a>
          ))}
        </nav>
        <div class="tools">
          <button
            type="button"
            class="quiet"
            onClick={() => setOpen('calls')}
            aria-label="Calls of this page"
            title="Calls of this page"
          >
            <Icon name="calls" />
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => setOpen('key')}
            aria-label={hasKey ? 'Key: set' : 'Key: none'}
            title="Key"
          >
            <Icon name="key" />
          </button>
          <button
            type="button"
            class="quiet"
            aria-label={`Colours: ${theme}. Change to ${nextTheme}`}
            title={`Colours: ${theme}`}
            onClick={() => {
              setTheme(nextTheme)
              chooseTheme(nextTheme)
            }}
          >
            <Icon name={theme === 'system' ? 'half' : theme} />
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => setOpen('help')}
            aria-label="Keyboard help"
            title="Keyboard: ?"
          >
            <Icon name="help" />
          </button>
        </div>
      </header>
      <main ref={main} id="main" tabIndex={-1}>
        <view.View key={view.path} route={route} />
      </main>
      {open === 'help' && <HelpDialog onClose={close} />}
      {(open === 'key' || open === 'key-needed') && <KeyDialog needed={open === 'key-needed'} onClose={close} />}
      {open === 'calls' && <CallsDialog onClose={close} />}
    </>
  )
}
