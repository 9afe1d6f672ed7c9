/** @file Jobs, the latest first: progress, cancel, and what each left behind. */

import type { Jobs } from '../api/types.js'
import { linkTo } from '../base/route.js'
import type { Loaded } from '../base/use-data.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty } from '../parts/feedback.js'
import { JobProgress } from '../parts/job-progress.js'
import { Outcome } from '../parts/outcome.js'

/** The list; the job that is open stands in the address. */
export function JobsTable({ jobs, open }: { readonly jobs: Loaded<Jobs>; readonly open: string | undefined }) {
  return (
    <section aria-labelledby="jobs">
      <h2 id="jobs">Jobs</h2>
      <Await loaded={jobs} lines={4}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="No jobs so far." />
          ) : (
            <ul class="jobs" data-rows>
              {rows.map((job) => (
                <li key={job.jobId}>
                  <a
                    data-row
                    href={
                      job.kind === 'train'
                        ? linkTo(['training', 'jobs', job.jobId])
                        : linkTo(['system'], { job: job.jobId === open ? undefined : job.jobId })
                    }
                    aria-expanded={job.kind === 'train' ? undefined : job.jobId === open}
                  >
                    {job.kind.replace('-', ' ')}
                  </a>
                  <JobProgress job={job} onChanged={jobs.reload} />
                  {job.jobId === open && job.result && <Outcome result={job.result} />}
                </li>
              ))}
            </ul>
          )
        }
      </Await>
      <CopyCall call={{ method: 'GET', path: 'v1/jobs' }} />
    </section>
  )
}
