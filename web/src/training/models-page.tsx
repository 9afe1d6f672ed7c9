/** @file Every model with its state, its figures and its traffic; trainings that run now stand above. */

import { get } from '../api/client.js'
import type { Jobs, Models } from '../api/types.js'
import { ago, count, fixed, percent } from '../base/format.js'
import { linkTo } from '../base/route.js'
import { useData } from '../base/use-data.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty } from '../parts/feedback.js'
import { JobProgress } from '../parts/job-progress.js'
import { Tag } from '../parts/tag.js'
import { Title } from '../parts/title.js'
import { isOver } from '../parts/use-job.js'
import { headMetrics } from './metrics.js'

const EVERY_MS = 5000

/** The list of models. */
export function ModelsPage() {
  const models = useData('models', (signal) => get<Models>('v1/models', signal), { everyMs: EVERY_MS })
  const jobs = useData('jobs', (signal) => get<Jobs>('v1/jobs?limit=20', signal), { everyMs: EVERY_MS })
  const running = (jobs.data?.rows ?? []).filter(
    (job) => (job.kind === 'train' || job.kind === 'evaluate') && !isOver(job),
  )
  return (
    <>
      {running.map((job) => (
        <section key={job.jobId} class="panel" aria-label={`Job ${job.jobId}`}>
          <JobProgress job={job} onChanged={jobs.reload} />
          <a href={linkTo(['training', 'jobs', job.jobId])}>Watch it</a>
        </section>
      ))}
      <Await loaded={models}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="No model yet.">
              <p>
                Until one is trained, answers are what is popular.{' '}
                <a href={linkTo(['training', 'new'])}>Start a training.</a>
              </p>
            </Empty>
          ) : (
            <table class="stack models">
              <thead>
                <tr>
                  <th scope="col">Model</th>
                  <th scope="col">State</th>
                  <th scope="col">Found by its evaluation</th>
                  <th scope="col" class="number">
                    Shown
                  </th>
                  <th scope="col" class="number">
                    Clicked
                  </th>
                  <th scope="col">Made</th>
                </tr>
              </thead>
              <tbody data-rows>
                {rows.map(
                  ({
                    modelId,
                    name,
                    trainedOn,
                    state,
                    trafficPercent,
                    metrics,
                    impressions,
                    clicks,
                    createdAt,
                    isOpen,
                  }) => (
                    <tr key={modelId}>
                      <th scope="row">
                        <a data-row href={linkTo(['training', 'models', modelId])}>
                          <Title text={name} />
                        </a>
                        {trainedOn && <small class="muted"> {trainedOn}</small>}
                      </th>
                      <td data-label="State">
                        <Tag>{state}</Tag> {state === 'canary' && `${fixed(trafficPercent, 0)} %`}{' '}
                        {state !== 'retired' && !isOpen && <small class="muted">not open</small>}
                      </td>
                      <td data-label="Found" class="muted">
                        {headMetrics(metrics)
                          .map(({ name, value }) => `${name} ${fixed(value, 3)}`)
                          .join(', ') || 'not evaluated'}
                      </td>
                      <td class="number" data-label="Shown">
                        {count(impressions)}
                      </td>
                      <td class="number" data-label="Clicked">
                        {impressions > 0 ? percent(clicks / impressions) : '—'}
                      </td>
                      <td data-label="Made" class="muted">
                        {ago(createdAt)}
                      </td>
                    </tr>
                  ),
                )}
              </tbody>
            </table>
          )
        }
      </Await>
      <CopyCall call={{ method: 'GET', path: 'v1/models' }} />
    </>
  )
}
