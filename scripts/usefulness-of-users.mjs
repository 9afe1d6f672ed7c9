/**
 * @file How far a choice of users can go, on a trained run: `node --import ./test/support/typescript.mjs scripts/usefulness-of-users.mjs RUN [--rows 60]
 * [--sets 10]`. On validation rows, with the recommender of `adaptive`, the LLM alone and in the sum: sets of K of the M similar users, drawn at random.
 *
 * - spread: how far the target's log-probability moves with the set, standard deviation within a row, nats;
 * - reliability: a user's usefulness is the mean over sets with the user less that over sets without; from one half of the sets and from the other,
 *   correlated over all users of all rows, each row less its mean. Near 0: it is the company, not the user, that helps;
 * - oracle: the best of the sets by the target's log-probability, less their mean. One that has seen half of the negatives is judged on the others.
 *
 * The run is opened for writing by nobody, but its settings are saved anew: give a copy.
 */

import { parseArgs } from 'node:util'
import { createRandom, logSoftmaxAt } from '../src/base/index.ts'
import { openRunFolder } from '../src/experiment/index.ts'
import { prepare } from '../src/experiment/prepare.ts'
import { StageClock } from '../src/experiment/stages.ts'
import { findStrategy } from '../src/methods/strategies.ts'
import { targetUserOf } from '../src/methods/study.ts'
import { takeFirst } from '../src/selection/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string', default: '60' }, sets: { type: 'string', default: '10' } },
})
const [wantedRows, setCount] = [Number(values.rows), Number(values.sets)]
const random = createRandom(1, 'usefulness of users')
const prepared = await prepare(openRunFolder(positionals[0]), new StageClock(), {
  offline: true,
  notice: (text) => console.error(text),
})
try {
  const { study } = prepared
  const { recommender, trained } = findStrategy(study, 'adaptive').value
  const { retrieval, selection } = study.settings.recommender
  const measured = []
  let [looked, few] = [0, 0]
  for (const row of random.shuffle(study.validation)) {
    if (measured.length === wantedRows) break
    looked++
    const reach = await recommender.reach(targetUserOf(study.dataset, row), 'adaptive')
    const users = reach.retrieval.witnesses(row.candidates, retrieval.users)
    if (users.length <= selection.users) {
      few++ // all are shown, whatever is selected
      continue
    }
    const shown = (list) => recommender.compose(reach, { considered: takeFirst(list, list.length) }, row.candidates)
    const inOrder = (set) => users.filter((user) => set.includes(user))
    const sets = Array.from({ length: setCount }, () => inOrder(random.shuffle(users).slice(0, selection.users)))
    const chosen = await recommender.select(reach, row.candidates)
    const asked = [
      ...[...sets, users.slice(0, selection.users), []].map(shown),
      recommender.compose(reach, chosen, row.candidates),
    ]
    const place = row.candidates.indexOf(row.target)
    const scores = await recommender.scoreAll(asked, trained)
    measured.push({
      users,
      sets,
      place,
      alone: scores.map((each) => each.logProbability),
      sum: scores.map((each) => each.total),
    })
    console.error(`${measured.length} of ${wantedRows} rows`)
  }
  console.log(
    `${looked} rows looked at; in ${few} at most ${selection.users} users went on to a candidate, so that all are shown.`,
  )
  for (const way of ['alone', 'sum']) console.log(JSON.stringify({ way, ...summary(measured, way) }))
} finally {
  await prepared.dispose()
}

/** Figures of all rows, in nats. */
function summary(measured, way) {
  const rows = measured.map(({ [way]: scores, place, ...row }) => ({
    ...row,
    place,
    scores,
    lp: scores.map((each) => logSoftmaxAt(each, place)),
  }))
  const drawn = rows.map(({ lp }) => lp.slice(0, setCount))
  const [first, nobody, selected] = [0, 1, 2].map((i) => rows.map(({ lp }, r) => lp[setCount + i] - mean(drawn[r])))
  const seen = rows.map(({ scores, place }) => {
    const others = scores[0].map((_, c) => c).filter((c) => c !== place)
    const half = (parity) =>
      scores
        .slice(0, setCount)
        .map((each) => logSoftmaxAt([each[place], ...others.filter((_, i) => i % 2 === parity).map((c) => each[c])], 0))
    const [a, b] = [half(0), half(1)]
    return b[a.indexOf(Math.max(...a))] - mean(b)
  })
  return {
    rows: rows.length,
    nats: withError(drawn.map((each) => -mean(each))),
    spread: withError(drawn.map(deviation)),
    reliability: reliability(rows),
    'oracle, best of all': withError(drawn.map((each) => Math.max(...each) - mean(each))),
    'oracle on half of the negatives, judged on the others': withError(seen),
    'first K': withError(first),
    'selected by the LLM': withError(selected),
    nobody: withError(nobody),
  }
}

/** The correlation of a user's usefulness from even and from odd sets. */
function reliability(rows) {
  const pairs = rows.flatMap(({ users, sets, lp }) => {
    const halves = [0, 1].map((parity) =>
      users.map((user) => {
        const of = (holds) =>
          sets.flatMap((set, s) => (s % 2 === parity && set.includes(user) === holds ? [lp[s]] : []))
        const [withUser, without] = [of(true), of(false)]
        return withUser.length > 0 && without.length > 0 ? mean(withUser) - mean(without) : undefined
      }),
    )
    const both = users.flatMap((_, u) =>
      halves.every((half) => half[u] !== undefined) ? [[halves[0][u], halves[1][u]]] : [],
    )
    const centres = [0, 1].map((h) => mean(both.map((pair) => pair[h])))
    return both.map((pair) => pair.map((value, h) => value - centres[h]))
  })
  const sum = (f) => pairs.reduce((total, pair) => total + f(pair), 0)
  const r = sum(([a, b]) => a * b) / Math.sqrt(sum(([a]) => a * a) * sum(([, b]) => b * b))
  return { r: round(r), users: pairs.length }
}

function mean(numbers) {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}

function deviation(numbers) {
  const centre = mean(numbers)
  return Math.sqrt(numbers.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (numbers.length - 1))
}

function withError(numbers) {
  return `${round(mean(numbers))} (se ${round(deviation(numbers) / Math.sqrt(numbers.length))})`
}

function round(number) {
  return Math.round(number * 1000) / 1000
}
