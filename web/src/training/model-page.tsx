/** @file One model: what it may do, what it found, how it was trained. */

import { get, send } from '../api/client.js'
import type { Model, ModelTraining } from '../api/types.js'
import { count, fixed, moment, percent } from '../base/format.js'
import { linkTo } from '../base/route.js'
import { useData } from '../base/use-data.js'
import { Bar } from '../parts/bars.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty } from '../parts/feedback.js'
import { Tag } from '../parts/tag.js'
import { Title } from '../parts/title.js'
import { CurveFigure } from './curve-figure.js'
import { MetricTable } from './metric-table.js'
import { measuredHow, metricsOf, othersOf } from './metrics.js'
import { Rounds } from './rounds.js'
import { StateButtons } from './state-buttons.js'

/** The page of a model. */
export function ModelPage({ modelId }: { readonly modelId: string }) {
  const path = `v1/models/${encodeURIComponent(modelId)}`
  const model = useData(path, (signal) => send<Model>({ method: 'GET', path }, { signal }))
  const training = useData(`${path}/training`, (signal) => get<ModelTraining>(`${path}/training`, signal))
  return (
    <article class="page">
      <a class="back" href={linkTo(['training'])}>
        ← Models
      </a>
      <Await loaded={model} lines={4}>
        {({ value, etag }) => (
          <header>
            <h2>
              <Title text={value.name} /> <Tag>{value.state}</Tag>
            </h2>
            <p class="muted">
              {value.trainedOn && `learned from ${value.trainedOn} · `}
              made {moment(value.createdAt)} · <code>{value.modelId}</code> · shown {count(value.impressions)} times
              {value.impressions > 0 && `, clicked ${percent(value.clicks / value.impressions)}`}
            </p>
            <StateButtons model={value} etag={etag} onChanged={model.reload} />
            <Evaluation model={value} />
            <p>
              <a href={linkTo(['training', 'compare'], { a: value.modelId })}>Compare with another</a>
              {' · '}
              <a href={linkTo(['try'], { model: value.modelId })}>Try it</a>
            </p>
          </header>
        )}
      </Await>
      <Await loaded={training}>
        {({ curves, rounds }) => (
          <>
            {rounds.length > 0 && (
              <section aria-labelledby="rounds">
                <h3 id="rounds">Feedback</h3>
                <Rounds rounds={rounds} />
              </section>
            )}
            {Object.keys(curves).length > 0 && (
              <section aria-labelledby="curves">
                <h3 id="curves">Training</h3>
                <div class="curves">
                  {Object.entries(curves).map(([name, points]) => (
                    <CurveFigure key={name} name={name} points={points} />
                  ))}
                </div>
              </section>
            )}
          </>
        )}
      </Await>
      <CopyCall call={{ method: 'GET', path: `${path}/training` }} />
    </article>
  )
}

function Evaluation({ model: { name, metrics } }: { readonly model: Model }) {
  const [found, others] = [metricsOf(metrics), othersOf(metrics)]
  if (found.length === 0)
    return (
      <Empty title="Not evaluated yet.">
        <p>
          Ask for it with <code>POST /v1/jobs</code> and the kind evaluate.
        </p>
      </Empty>
    )
  const highest = Math.max(1e-9, ...others.map(({ metric }) => metric.value))
  return (
    <section aria-labelledby="evaluation">
      <h3 id="evaluation">
        Evaluation <small>{measuredHow(metrics)}</small>
      </h3>
      <div class="evaluated">
        <MetricTable columns={[{ name, metrics: found }]} />
        {others.length > 0 && (
          <div>
            <h4>Others on the same rows, {others[0]!.metric.name}</h4>
            <ul class="scored">
              {others.map(({ name, kind, metric }) => (
                <li key={name}>
                  <span class={kind === 'method' ? '' : 'muted'}>{name}</span>
                  <Bar share={metric.value / highest} tone={kind === 'method' ? 'accent' : 'ink'} />
                  <span class="number">{fixed(metric.value, 3)}</span>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </section>
  )
}
