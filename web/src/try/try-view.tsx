/** @file The view Try: one request, from whose history it is to why each item stands where it stands; two models side by side. */

import { useState } from 'preact/hooks'
import type { RecommendationRequest } from '../api/types.js'
import { counted, duration } from '../base/format.js'
import { goTo, linkTo, linkWith, type Route } from '../base/route.js'
import type { Loaded } from '../base/use-data.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty } from '../parts/feedback.js'
import { ModelName } from '../parts/model-name.js'
import { Tag } from '../parts/tag.js'
import { Title } from '../parts/title.js'
import { AskForm } from './ask-form.js'
import { narrowingOf } from './narrow.js'
import { People } from './people.js'
import { Prompts } from './prompts.js'
import { Ranking } from './ranking.js'
import { Strip } from './strip.js'
import { type Answered, type Question, useAnswer } from './use-answer.js'
import { Why } from './why.js'

const sources = {
  llm: 'ranked by the LLM and the evidence',
  evidence: 'ranked by the evidence alone',
  popular: 'the most popular',
  cache: 'from the cache',
}

/** The view of the place. */
export function TryView({ route }: { readonly route: Route }) {
  const [pointed, point] = useState<string>()
  const { query } = route
  const request = requestOf(route)
  const recommendationId = query.get('rec')
  const question: Question | undefined = recommendationId
    ? { recommendationId }
    : request && { request: withModel(request, query.get('model')) }
  const against =
    request && !recommendationId && query.get('vs') ? { request: withModel(request, query.get('vs')) } : undefined
  const first = useAnswer(question)
  const second = useAnswer(against)
  const selected = query.get('item') ?? undefined
  const select = (item: string | undefined) => goTo(linkWith(route, { item }), { replace: true })

  const rows = [...(first.data?.rows ?? []), ...(second.data?.rows ?? [])]
  const shown = rows.find(({ itemId }) => itemId === selected)
  const marked = rows.find(({ itemId }) => itemId === (pointed ?? selected))?.title
  const trace = first.data?.trace
  const list = (loaded: Loaded<Answered>, other: Answered | undefined, of: Question) => (
    <section
      class="answer"
      aria-label={loaded.data?.modelId ? `Answer of ${loaded.data.modelId}` : 'Answer'}
      aria-busy={loaded.loading}
    >
      <Await loaded={loaded} lines={10}>
        {(answered) => (
          <>
            <AnswerHead answered={answered} />
            <Ranking answered={answered} other={other} selected={selected} onSelect={select} onPoint={point} />
            <footer class="answer-foot">
              {'request' in of ? (
                <CopyCall call={{ method: 'POST', path: 'v1/recommendations', body: of.request }} />
              ) : (
                <CopyCall
                  call={{ method: 'GET', path: `v1/recommendations/${encodeURIComponent(of.recommendationId)}` }}
                />
              )}
              {'request' in of && (
                <button type="button" class="plain" disabled={loaded.loading} onClick={loaded.reload}>
                  Ask again
                </button>
              )}
            </footer>
          </>
        )}
      </Await>
    </section>
  )
  return (
    <div class="view try">
      <h1 class="unseen">Try</h1>
      <AskForm route={route} />
      {!question && <Welcome />}
      {trace && <Strip trace={trace} />}
      {question && (
        <div class={`answers ${against ? 'two' : ''} ${shown ? 'explained' : ''}`}>
          {list(first, against && second.data, question)}
          {against && list(second, first.data, against)}
          {shown && <Why row={shown} users={trace?.users ?? []} onClose={() => select(undefined)} />}
        </div>
      )}
      {trace && trace.history.length > 0 && (
        <section aria-labelledby="history">
          <h2 id="history">
            History <small>{counted(trace.history.length, 'item')}, oldest first</small>
          </h2>
          <ol class="titles columns">
            {trace.history.map((title, i) => (
              <li key={i} class={title === marked ? 'hit' : ''}>
                <Title text={title} />
              </li>
            ))}
          </ol>
        </section>
      )}
      {trace && trace.users.length > 0 && <People users={trace.users} criteria={trace.criteria} marked={marked} />}
      {trace && <Prompts trace={trace} marked={marked} />}
    </div>
  )
}

function AnswerHead({ answered }: { readonly answered: Answered }) {
  const { modelId, source, degradedBecause, tookMs, rows } = answered
  return (
    <header class="answer-head">
      <h2>{modelId ? <ModelName modelId={modelId} /> : 'Recommendations'}</h2>
      <p class="muted" role="status">
        {counted(rows.length, 'item')}, {sources[source]}, {duration(tookMs)}
      </p>
      {degradedBecause && (
        <p>
          <Tag>degraded</Tag> {degradedBecause}
        </p>
      )}
      <p class="legend-line" aria-hidden="true">
        <i class="swatch c0" /> LLM’s part <i class="swatch ink" /> evidence
      </p>
    </header>
  )
}

function Welcome() {
  return (
    <Empty title="Whom shall it recommend for?">
      <p>
        Press <kbd>/</kbd> and type a user’s id, or take{' '}
        <a href={linkTo(['try'], { by: 'history' })}>a history of your own</a>. You see the list, who was similar, and
        the very text that the language model read.
      </p>
    </Empty>
  )
}

function requestOf(route: Route): RecommendationRequest | undefined {
  const { query } = route
  const userId = query.get('user')
  const history = query.getAll('h')
  const include: RecommendationRequest['include'] = ['item', 'reason']
  const common = { count: Number(query.get('count') ?? 10), include, ...narrowingOf(route) }
  if (userId) return { userId, ...common }
  return history.length > 0 ? { history, ...common } : undefined
}

function withModel(request: RecommendationRequest, modelId: string | null): RecommendationRequest {
  return modelId ? { ...request, modelId } : request
}
