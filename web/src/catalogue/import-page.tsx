/** @file Import of a data set that lies on the server: first a dry run, which writes nothing and names each bad row; then for good. */

import { useState } from 'preact/hooks'
import { send } from '../api/client.js'
import type { Job, JobRequest } from '../api/types.js'
import { goTo, linkWith, type Route } from '../base/route.js'
import { useAction } from '../base/use-action.js'
import { CopyCall } from '../parts/copy-call.js'
import { Problem } from '../parts/feedback.js'
import { JobProgress } from '../parts/job-progress.js'
import { Outcome } from '../parts/outcome.js'
import { useJob } from '../parts/use-job.js'

/** The form, and below it how the import went. */
export function ImportPage({ route }: { readonly route: Route }) {
  const [path, setPath] = useState('')
  const { run, busy, error } = useAction()
  const jobId = route.query.get('job') ?? undefined
  const { job, error: lost } = useJob(jobId)
  const start = (body: JobRequest) =>
    run(async () => {
      const { value } = await send<Job>({ method: 'POST', path: 'v1/jobs', body })
      goTo(linkWith(route, { job: value.jobId }))
    })
  const request = (dryRun: boolean): JobRequest => ({ kind: 'import', path: path.trim(), dryRun })
  const wasDry = job?.request.dryRun === true
  return (
    <div class="narrow-page">
      <p class="muted">
        A folder with items, users and events as .jsonl or .parquet files, or one such file, in the imports folder of
        the store. Look first, then import: the dry run reads every row and writes none.
      </p>
      <form
        class="line"
        onSubmit={(event) => {
          event.preventDefault()
          void start(request(true))
        }}
      >
        <label class="field grow">
          Path on the server
          <input
            data-search
            value={path}
            placeholder="events.jsonl"
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setPath(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="solid" disabled={busy || path.trim() === ''}>
          Dry run
        </button>
        <button type="button" disabled={busy || path.trim() === ''} onClick={() => start(request(false))}>
          Import
        </button>
      </form>
      {path.trim() !== '' && <CopyCall call={{ method: 'POST', path: 'v1/jobs', body: request(true) }} />}
      {error && <Problem error={error} />}
      {lost && <Problem error={lost} />}
      {job && (
        <section class="panel" aria-live="polite" aria-label="Import">
          <h2>{wasDry ? 'Dry run' : 'Import'}</h2>
          <JobProgress job={job} />
          {job.result && <Outcome result={job.result} />}
          {wasDry && job.state === 'done' && (
            <p class="actions">
              <button
                type="button"
                class="solid"
                disabled={busy}
                onClick={() => start({ kind: 'import', path: String(job.request.path), dryRun: false })}
              >
                Import it now
              </button>
            </p>
          )}
        </section>
      )}
    </div>
  )
}
