/** @file Waits for a job of the service. */

import type { Service } from '../../src/serving/index.js'

type Job = Awaited<ReturnType<Service['job']>>

/** The job when it has ended. @param told gets what it tells until then. */
export async function ended(service: Pick<Service, 'watchJob'>, jobId: string, told: Job[] = []): Promise<Job> {
  return new Promise((resolve, reject) => {
    const listen = (job: Job) => {
      told.push(job)
      if (job.state !== 'queued' && job.state !== 'running') resolve(job)
    }
    service.watchJob(jobId, listen).catch(reject)
  })
}
