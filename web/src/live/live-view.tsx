/** @file The view Live: requests of the latest minutes, how long each stage took, who answered, what was clicked. Refreshed in place. */

import { useMemo } from 'preact/hooks'
import { get } from '../api/client.js'
import type { Live } from '../api/types.js'
import { ago, count, counted, duration, fixed, percent, words } from '../base/format.js'
import { goTo, linkTo, linkWith, type Route } from '../base/route.js'
import { useData } from '../base/use-data.js'
import { Bar } from '../parts/bars.js'
import { Chart } from '../parts/chart.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty } from '../parts/feedback.js'
import { ModelName } from '../parts/model-name.js'
import { Tag } from '../parts/tag.js'
import { linesOf } from './lines.js'

const EVERY_MS = 3000

/** The view of the place; `paused` in the address stops the refresh. */
export function LiveView({ route }: { readonly route: Route }) {
  const paused = route.query.has('paused')
  const live = useData('live', (signal) => get<Live>('v1/live', signal), { everyMs: paused ? undefined : EVERY_MS })
  return (
    <div class="view">
      <header class="view-head">
        <h1>Live</h1>
        <button
          type="button"
          aria-pressed={paused}
          onClick={() => goTo(linkWith(route, { paused: paused ? undefined : '1' }), { replace: true })}
        >
          {paused ? 'Go on' : 'Pause'}
        </button>
      </header>
      <Await loaded={live}>{(data) => <Figures live={data} />}</Await>
      <CopyCall call={{ method: 'GET', path: 'v1/live' }} />
    </div>
  )
}

function Figures({ live }: { readonly live: Live }) {
  const { minutes, requests, share, stages, latest, perMinute, clicks } = live
  const { times, counts, waits } = useMemo(() => linesOf(perMinute, minutes), [perMinute, minutes])
  if (requests === 0 && latest.length === 0)
    return (
      <Empty title="No requests yet.">
        <p>
          Ask for one under <a href={linkTo(['try'])}>Try</a>, or send them to <code>POST /v1/recommendations</code>.
        </p>
      </Empty>
    )
  const longest = Math.max(1e-9, ...stages.map(({ p99Ms }) => p99Ms))
  return (
    <>
      <dl class="tiles">
        <Tile name="Requests" value={count(requests)} note={`in ${fixed(minutes, 0)} min`} />
        <Tile name="Ranked by the LLM" value={percent(share.llm)} share={share.llm} />
        <Tile name="Evidence alone" value={percent(share.evidence)} share={share.evidence} />
        <Tile name="From the cache" value={percent(share.cache)} share={share.cache} />
        <Tile name="Popular items" value={percent(share.popular)} share={share.popular} />
        <Tile name="Degraded" value={percent(share.degraded)} share={share.degraded} tone="warn" />
      </dl>
      <div class="two-columns">
        <section aria-labelledby="requests">
          <h2 id="requests">Requests</h2>
          <Chart
            label={`Requests a minute over ${fixed(minutes, 0)} minutes, ${counted(requests, 'request')} in all`}
            x={times}
            series={counts}
            isTime
            fromZero
          />
        </section>
        <section aria-labelledby="waits">
          <h2 id="waits">Milliseconds</h2>
          <Chart
            label="Median and 99th percentile of the time of a request, by minute"
            x={times}
            series={waits}
            isTime
            fromZero
            unit=" ms"
          />
        </section>
      </div>
      <div class="two-columns">
        <section aria-labelledby="stages">
          <h2 id="stages">Stages</h2>
          <table class="stages">
            <thead>
              <tr>
                <th scope="col">Stage</th>
                <th scope="col" class="number">
                  Times
                </th>
                <th scope="col" class="number">
                  p50
                </th>
                <th scope="col" class="number">
                  p99
                </th>
                <th scope="col" class="scale-head">
                  <span class="unseen">Scale</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {stages.map(({ name, count: times, p50Ms, p99Ms }) => (
                <tr key={name}>
                  <th scope="row">{words(name)}</th>
                  <td class="number">{count(times)}</td>
                  <td class="number">{duration(p50Ms)}</td>
                  <td class="number">{duration(p99Ms)}</td>
                  <td class="scale">
                    <Bar share={p50Ms / longest} />
                    <Bar share={p99Ms / longest} tone="ink" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <section aria-labelledby="clicks">
          <h2 id="clicks">Clicks by model</h2>
          {clicks.length === 0 ? (
            <Empty title="No clicks yet.">
              <p>
                An event with the <code>recommendationId</code> of an answer counts as one.
              </p>
            </Empty>
          ) : (
            <Clicks rows={clicks} />
          )}
        </section>
      </div>
      <section aria-labelledby="latest">
        <h2 id="latest">Latest answers</h2>
        <ul class="rows plain-rows latest" data-rows>
          {latest.map(({ recommendationId, createdAt, source, degraded, tookMs, modelId }) => (
            <li key={recommendationId}>
              <a data-row href={linkTo(['try'], { rec: recommendationId })}>
                <span>
                  {source} {degraded && <Tag>degraded</Tag>}
                </span>
                <span class="muted">{modelId && <ModelName modelId={modelId} />}</span>
                <span class="number">{duration(tookMs)}</span>
                <span class="muted small">{ago(createdAt)}</span>
              </a>
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

function Clicks({ rows }: { readonly rows: Live['clicks'] }) {
  const rate = ({ impressions, clicks }: Live['clicks'][number]) => (impressions > 0 ? clicks / impressions : 0)
  const highest = Math.max(1e-9, ...rows.map(rate))
  return (
    <ul class="scored">
      {rows.map((row) => (
        <li key={row.modelId}>
          <a href={linkTo(['training', 'models', row.modelId])}>
            <ModelName modelId={row.modelId} />
          </a>
          <Bar share={rate(row) / highest} />
          <span class="number">
            {percent(rate(row))}{' '}
            <small class="muted">
              {count(row.clicks)} of {count(row.impressions)}
            </small>
          </span>
        </li>
      ))}
    </ul>
  )
}

interface TileProps {
  readonly name: string
  readonly value: string
  readonly note?: string
  readonly share?: number
  readonly tone?: 'accent' | 'warn'
}

function Tile({ name, value, note, share, tone = 'accent' }: TileProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value} {note && <small>{note}</small>}
        {share !== undefined && <Bar share={share} tone={tone} />}
      </dd>
    </div>
  )
}
