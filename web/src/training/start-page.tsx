/** @file Where a training is started: settings that differ from the live model’s, as in a config file. */

import { useState } from 'preact/hooks'
import { send } from '../api/client.js'
import type { Job, JobRequest } from '../api/types.js'
import { goTo, linkTo } from '../base/route.js'
import { useAction } from '../base/use-action.js'
import { CopyCall } from '../parts/copy-call.js'
import { Problem } from '../parts/feedback.js'

type Settings = Extract<JobRequest, { kind: 'train' }>['settings']

/** The form. */
export function StartPage() {
  const [text, setText] = useState('')
  const [evaluate, setEvaluate] = useState(true)
  const { run, busy, error } = useAction()
  const settings = parse(text)
  const request: JobRequest | undefined = settings && { kind: 'train', settings, evaluate }
  const start = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      const { value } = await send<Job>({ method: 'POST', path: 'v1/jobs', body: request })
      goTo(linkTo(['training', 'jobs', value.jobId]))
    })
  }
  return (
    <form class="narrow-page" onSubmit={start}>
      <p class="muted">
        A training reads all events of the store and runs in a process of its own; answers go on meanwhile. The new
        model stands among the others when it is done, and answers nobody before you say so.
      </p>
      <label class="field">
        Settings that differ from those of the live model, as JSON
        <textarea
          rows={8}
          spellcheck={false}
          value={text}
          placeholder={'{ "seed": 2, "lora": { "rank": 16 } }'}
          aria-invalid={settings === undefined}
          aria-describedby="settings-said"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p id="settings-said" class={settings ? 'muted small' : 'bad small'}>
        {settings
          ? 'Empty trains as the live model was trained. The names are those of a config file of adaptrec train.'
          : 'This is no JSON object yet.'}
      </p>
      <label class="check">
        <input type="checkbox" checked={evaluate} onChange={(event) => setEvaluate(event.currentTarget.checked)} />{' '}
        Evaluate it on test rows afterwards
      </label>
      <p class="actions">
        <button type="submit" class="solid" disabled={busy || !request}>
          Start the training
        </button>
        {request && <CopyCall call={{ method: 'POST', path: 'v1/jobs', body: request }} />}
      </p>
      {error && <Problem error={error} />}
    </form>
  )
}

function parse(text: string): Settings | undefined {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Settings) : undefined
  } catch {
    return undefined
  }
}
