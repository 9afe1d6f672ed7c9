/** @file The training and the feedback loop on the page: curves, weights of the likeness metrics and criteria of each round. */

import type { EvaluationResult, TrainingPoint } from '../evaluation/index.js'
import { lossFigure, seriesColour, stepsOf, validationFigure } from './charts.js'
import { share, signed, whole } from './figures.js'
import { type Html, html } from './html.js'
import { likenessLabel, likenessMeanings } from './likeness.js'
import { bar, itemWord, number, stackTable } from './parts.js'

/** Draws the section "Training"; undefined where nothing was trained. */
export function trainingSection(result: EvaluationResult): Html | undefined {
  const trained = Object.fromEntries(Object.entries(result.training).filter(([, curve]) => curve.length > 0))
  const names = Object.keys(trained)
  if (!names.length) return undefined
  const validation = validationFigure(trained)
  const series = (name: string, i: number) =>
    html`<li><i style="--c:${seriesColour(i)}"></i>${name} <span class="muted">${steps(trained[name]!)}</span></li>`
  return html`<p>Loss is how surprised the model is by the right ${itemWord(result)}, in nats: lower is better.
Validation cases are neither trained on nor tested on.</p>
<ul class="legend">${names.map(series)}</ul>
<div class="pair"><figure>${lossFigure(trained)}<figcaption>A dot is the loss of one step, the line the mean of the latest
steps, a dashed line with circles the loss on the validation cases.</figcaption></figure>
${
  validation
    ? html`<figure>${validation}<figcaption>HR@1 on the validation cases. The state that is kept is that of
the lowest validation loss.</figcaption></figure>`
    : undefined
}</div>`
}

function steps(curve: readonly TrainingPoint[]): string {
  const count = stepsOf(curve)
  return count === 1 ? '1 step' : `${whole(count)} steps`
}

/** Draws the section "Adaptation"; undefined where no feedback was taken. */
export function adaptationSection(result: EvaluationResult): Html | undefined {
  const { rounds, examples } = result
  if (!rounds.length) return undefined
  const word = itemWord(result)
  const names = Object.keys(rounds[0]!.weights)
  const label = (name: string) => likenessLabel(name, word)
  const highest = Math.max(...rounds.flatMap(({ weights }) => Object.values(weights)))
  const row = ({ round, weights, meanUtility, validationHitRatio1 }: (typeof rounds)[number]) => html`<tr>
<th scope="row"><span class="on-phone">Round </span>${round}</th>
${names.map((name) => bar(label(name), weights[name] ?? 0, highest, share(weights[name] ?? 0), 'llm'))}
${number('mean utility', meanUtility === undefined ? '—' : `${signed(meanUtility)} nats`)}
${number('validation HR@1', validationHitRatio1 === undefined ? '—' : share(validationHitRatio1))}</tr>`
  return html`<p>AdaptRec learns which users are worth showing. It measures the utility of each user shown: how much more likely
the right ${word} becomes with that user in the prompt than without. From this it sets how much each sign of
likeness weighs, and words the criteria by which the LLM selects.</p>
${examples.length ? undefined : likenessMeanings(names, word)}
${stackTable({
  name: 'Rounds of the feedback loop',
  className: 'small',
  caption: 'The weights of the signs of likeness in each round; they sum to 1.',
  columns: [
    { label: 'Round' },
    ...names.map((name) => ({ label: label(name) })),
    { label: 'mean utility', align: 'number' },
    { label: 'validation HR@1', align: 'number' },
  ],
  bodies: html`<tbody>${rounds.map(row)}</tbody>`,
})}
${rounds.map(({ round, criteria }) => html`<h3>Criteria of round ${round}</h3><blockquote>${criteria}</blockquote>`)}`
}
