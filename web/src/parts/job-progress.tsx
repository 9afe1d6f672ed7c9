/** @file How a job stands: state, stage, share done, time left, what went wrong; with a way to cancel it. */

import { send } from '../api/client.js'
import type { Job } from '../api/types.js'
import { ago, count, duration, figure, words } from '../base/format.js'
import { useAction } from '../base/use-action.js'
import { Problem } from './feedback.js'
import { Tag } from './tag.js'
import { isOver } from './use-job.js'

/** The progress of one job. */
export function JobProgress({ job, onChanged }: { readonly job: Job; readonly onChanged?: () => void }) {
  const { run, busy, error } = useAction()
  const { progress = {}, state } = job
  const number = (name: string) => (typeof progress[name] === 'number' ? (progress[name] as number) : undefined)
  const [done, total, left] = [number('done'), number('total'), number('secondsLeft')]
  const figures = Object.entries((progress.figures ?? {}) as Record<string, unknown>).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  )
  const cancel = () =>
    run(() => send({ method: 'DELETE', path: `v1/jobs/${encodeURIComponent(job.jobId)}` })).then(() => onChanged?.())
  return (
    <div class="job-progress">
      <p>
        <Tag>{state}</Tag>{' '}
        {state === 'running' && typeof progress.stage === 'string' ? (
          progress.stage
        ) : (
          <span class="muted">{timesOf(job)}</span>
        )}
        {!isOver(job) && (
          <button type="button" class="plain" disabled={busy} onClick={cancel} aria-label={`Cancel job ${job.jobId}`}>
            Cancel
          </button>
        )}
      </p>
      {state === 'running' && done !== undefined && total !== undefined && total > 0 && (
        <p class="progress-line">
          <progress
            value={done}
            max={total}
            aria-label={typeof progress.stage === 'string' ? progress.stage : 'Progress'}
          />
          <span class="muted number">
            {count(done)} of {count(total)}
            {left !== undefined && `, ${duration(left * 1000)} left`}
          </span>
        </p>
      )}
      {state === 'running' && figures.length > 0 && (
        <p class="muted small">{figures.map(([name, value]) => `${words(name)} ${figure(value)}`).join(' · ')}</p>
      )}
      {job.error && (
        <div class="problem" role="alert">
          <p class="problem-detail">{job.error.message}</p>
          {job.error.hint && <p>{job.error.hint}</p>}
        </div>
      )}
      {error && <Problem error={error} />}
    </div>
  )
}

function timesOf({ createdAt, startedAt, finishedAt }: Job): string {
  if (startedAt === undefined) return `asked for ${ago(createdAt)}`
  if (finishedAt === undefined) return `began ${ago(startedAt)}`
  return `ended ${ago(finishedAt)}, took ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}`
}
