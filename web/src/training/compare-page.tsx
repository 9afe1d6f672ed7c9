/** @file Two models side by side: figures with intervals, and their training. */

import { get } from '../api/client.js'
import type { Model, Models, ModelTraining } from '../api/types.js'
import { goTo, linkTo, linkWith, type Route } from '../base/route.js'
import { useData } from '../base/use-data.js'
import { Await, Empty } from '../parts/feedback.js'
import { ModelOptions } from '../parts/model-options.js'
import { CurveFigure } from './curve-figure.js'
import { MetricTable } from './metric-table.js'
import { metricsOf } from './metrics.js'

/** The page; which two stands in the address. */
export function ComparePage({ route }: { readonly route: Route }) {
  const models = useData('models', (signal) => get<Models>('v1/models', signal))
  return (
    <Await loaded={models}>
      {({ rows }) => {
        if (rows.length < 2)
          return (
            <Empty title="It takes two models to compare.">
              <p>
                <a href={linkTo(['training', 'new'])}>Start a training</a> for another.
              </p>
            </Empty>
          )
        const a = rows.find(({ modelId }) => modelId === route.query.get('a')) ?? rows[0]!
        const b =
          rows.find(({ modelId }) => modelId === route.query.get('b') && modelId !== a.modelId) ??
          rows.find((row) => row !== a)!
        const choice = (name: 'a' | 'b', label: string, value: Model) => (
          <label class="field">
            {label}
            <select
              value={value.modelId}
              onChange={(event) =>
                goTo(linkWith(route, { a: a.modelId, b: b.modelId, [name]: event.currentTarget.value }))
              }
            >
              <ModelOptions models={rows} />
            </select>
          </label>
        )
        return (
          <>
            <div class="line">
              {choice('a', 'First', a)}
              {choice('b', 'Second', b)}
            </div>
            <MetricTable columns={[a, b].map(({ name, metrics }) => ({ name, metrics: metricsOf(metrics) }))} />
            <p>
              <a href={linkTo(['try'], { model: a.modelId, vs: b.modelId })}>Ask both the same question</a>
            </p>
            <div class="two-columns">
              <Training key={a.modelId} model={a} />
              <Training key={b.modelId} model={b} />
            </div>
          </>
        )
      }}
    </Await>
  )
}

function Training({ model: { modelId, name } }: { readonly model: Model }) {
  const path = `v1/models/${encodeURIComponent(modelId)}/training`
  const training = useData(path, (signal) => get<ModelTraining>(path, signal))
  return (
    <section aria-label={`Training of ${name}`}>
      <h3>{name}</h3>
      <Await loaded={training}>
        {({ curves }) =>
          Object.keys(curves).length === 0 ? (
            <Empty title="It has no curves." />
          ) : (
            Object.entries(curves).map(([name, points]) => <CurveFigure key={name} name={name} points={points} />)
          )
        }
      </Await>
    </section>
  )
}
