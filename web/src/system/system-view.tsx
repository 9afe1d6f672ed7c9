/** @file The view System: checks, queue, jobs, memory of each cache, keys, the schema and the last backup. */

import { get, send } from '../api/client.js'
import type { Job, Jobs, System } from '../api/types.js'
import { ago, bytes, count, duration, moment, words } from '../base/format.js'
import { goTo, linkTo, type Route } from '../base/route.js'
import { useAction } from '../base/use-action.js'
import { useData } from '../base/use-data.js'
import { Bar } from '../parts/bars.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Problem } from '../parts/feedback.js'
import { JobsTable } from './jobs-table.js'
import { KeysTable } from './keys-table.js'

const EVERY_MS = 5000

/** The view of the place. */
export function SystemView({ route }: { readonly route: Route }) {
  const system = useData('system', (signal) => get<System>('v1/system', signal), { everyMs: EVERY_MS })
  const jobs = useData('system-jobs', (signal) => get<Jobs>('v1/jobs?limit=30', signal), { everyMs: EVERY_MS })
  const { run, busy, error } = useAction()
  const start = (body: object) =>
    run(async () => {
      const { value } = await send<Job>({ method: 'POST', path: 'v1/jobs', body })
      jobs.reload()
      goTo(linkTo(['system'], { job: value.jobId }), { replace: true })
    })
  return (
    <div class="view">
      <h1>System</h1>
      <Await loaded={system}>{(data) => <Facts system={data} />}</Await>
      <section aria-labelledby="keeping">
        <h2 id="keeping">
          Backup <small>{lastBackup(system.data)}</small>
        </h2>
        <p class="actions">
          <button type="button" class="solid" disabled={busy} onClick={() => start({ kind: 'backup' })}>
            Back up now
          </button>
          <button type="button" disabled={busy} onClick={() => start({ kind: 'export', format: 'jsonl' })}>
            Export as JSONL
          </button>
          <button type="button" disabled={busy} onClick={() => start({ kind: 'export', format: 'parquet' })}>
            Export as Parquet
          </button>
          <CopyCall call={{ method: 'POST', path: 'v1/jobs', body: { kind: 'backup' } }} />
        </p>
        {error && <Problem error={error} />}
      </section>
      <JobsTable jobs={jobs} open={route.query.get('job') ?? undefined} />
      <KeysTable />
      <CopyCall call={{ method: 'GET', path: 'v1/system' }} />
    </div>
  )
}

function lastBackup(system: System | undefined): string {
  if (!system) return ''
  return system.lastBackup === undefined ? 'none so far' : `the last one ${ago(system.lastBackup)}`
}

function Facts({ system }: { readonly system: System }) {
  const { version, storeUrl, schemaVersion, counts, checks, queue, caches, memoryBytes, startedAt } = system
  return (
    <>
      <dl class="tiles">
        {Object.entries(counts).map(([name, value]) => (
          <div key={name}>
            <dt>{words(name)}</dt>
            <dd>{count(value)}</dd>
          </div>
        ))}
      </dl>
      <div class="two-columns">
        <section aria-labelledby="checks">
          <h2 id="checks">Checks</h2>
          <ul class="checks">
            {checks.map(({ name, ok, detail }) => (
              <li key={name} class={ok ? '' : 'bad'}>
                <i aria-hidden="true">{ok ? '✓' : '✕'}</i>
                <span>
                  <b>{words(name)}</b> <span class="unseen">{ok ? 'in order' : 'failed'}</span>
                  <small class="muted">{detail}</small>
                </span>
              </li>
            ))}
          </ul>
        </section>
        <section aria-labelledby="process">
          <h2 id="process">Process</h2>
          <dl class="pairs">
            <div>
              <dt>Version</dt>
              <dd>{version}</dd>
            </div>
            <div>
              <dt>Running</dt>
              <dd>
                {duration(Date.now() - Date.parse(startedAt))} <small class="muted">since {moment(startedAt)}</small>
              </dd>
            </div>
            <div>
              <dt>Memory</dt>
              <dd>{bytes(memoryBytes)}</dd>
            </div>
            <div>
              <dt>Store</dt>
              <dd>
                <code>{storeUrl}</code> <small class="muted">schema {schemaVersion}</small>
              </dd>
            </div>
            <div>
              <dt>Queue of the LLM</dt>
              <dd>
                {queue.running} running, {queue.waiting} of {queue.capacity} waiting
                <Bar
                  share={queue.capacity > 0 ? queue.waiting / queue.capacity : 0}
                  tone={queue.waiting * 2 > queue.capacity ? 'warn' : 'accent'}
                />
              </dd>
            </div>
          </dl>
        </section>
      </div>
      <section aria-labelledby="caches">
        <h2 id="caches">Caches</h2>
        <table class="stack">
          <thead>
            <tr>
              <th scope="col">Cache</th>
              <th scope="col" class="number">
                Entries
              </th>
              <th scope="col" class="number">
                Memory
              </th>
              <th scope="col">Bound</th>
            </tr>
          </thead>
          <tbody>
            {caches.map(({ name, entries, bytes: size, bound }) => (
              <tr key={name}>
                <th scope="row">{words(name)}</th>
                <td class="number" data-label="Entries">
                  {count(entries)}
                </td>
                <td class="number" data-label="Memory">
                  {size === undefined ? '—' : bytes(size)}
                </td>
                <td data-label="Bound" class="muted">
                  {bound}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  )
}
