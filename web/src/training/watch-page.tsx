/** @file A training as it runs: where it stands, its losses as they come, and the model at the end. */

import { useEffect, useState } from 'preact/hooks'
import type { Job } from '../api/types.js'
import { linkTo } from '../base/route.js'
import { CopyCall } from '../parts/copy-call.js'
import { Problem } from '../parts/feedback.js'
import { JobProgress } from '../parts/job-progress.js'
import { Outcome } from '../parts/outcome.js'
import { isOver, useJob } from '../parts/use-job.js'
import { CurveFigure } from './curve-figure.js'
import { type Curves, withProgress } from './live-curves.js'

/** The page of one training job. */
export function WatchPage({ jobId }: { readonly jobId: string }) {
  const [curves, setCurves] = useState<Curves>({})
  const { job, error } = useJob(jobId, ({ progress }) => progress && setCurves((old) => withProgress(old, progress)))
  useEffect(() => setCurves({}), [jobId])
  const modelId = modelOf(job)
  const path = `v1/jobs/${encodeURIComponent(jobId)}`
  return (
    <article class="page">
      <header>
        <h2>Training</h2>
        {error && <Problem error={error} />}
        {job && <JobProgress job={job} />}
      </header>
      {job && !isOver(job) && Object.keys(curves).length === 0 && (
        <p class="muted">Losses appear here with the first steps.</p>
      )}
      <div class="curves">
        {Object.entries(curves).map(([name, points]) => (
          <CurveFigure key={name} name={name} points={points} />
        ))}
      </div>
      {job?.state === 'done' && modelId !== undefined && (
        <p class="actions">
          <a class="button solid" href={linkTo(['training', 'models', modelId])}>
            Open the new model
          </a>
        </p>
      )}
      {job?.result && <Outcome result={job.result} />}
      <CopyCall call={{ method: 'GET', path: `${path}/events` }} />
    </article>
  )
}

function modelOf(job: Job | undefined): string | undefined {
  const id = job?.result?.modelId
  return typeof id === 'string' ? id : undefined
}
