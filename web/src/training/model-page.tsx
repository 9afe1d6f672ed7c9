/** @file One model: what it may do, what it found, how it was trained. */

import { get, send } from '../api/client.js'
import type { Model, ModelTraining } from '../api/types.js'
import { count, moment, percent } from '../base/format.js'
import { linkTo } from '../base/route.js'
import { useData } from '../base/use-data.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty } from '../parts/feedback.js'
import { Tag } from '../parts/tag.js'
import { Title } from '../parts/title.js'
import { CurveFigure } from './curve-figure.js'
import { MetricTable } from './metric-table.js'
import { metricsOf } from './metrics.js'
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
              <Title text={value.modelId} /> <Tag>{value.state}</Tag>
            </h2>
            <p class="muted">
              made {moment(value.createdAt)} · shown {count(value.impressions)} times
              {value.impressions > 0 && `, clicked ${percent(value.clicks / value.impressions)}`}
            </p>
            <StateButtons model={value} etag={etag} onChanged={model.reload} />
            <h3>Evaluation</h3>
            {metricsOf(value.metrics).length === 0 ? (
              <Empty title="Not evaluated yet." />
            ) : (
              <MetricTable columns={[{ name: value.modelId, metrics: metricsOf(value.metrics) }]} />
            )}
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
