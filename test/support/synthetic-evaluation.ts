/** @file A made-up evaluation with the proportions of a real one: to test the table and the report, and to look at them. */

import { createRandom } from '../../src/base/index.js'
import type { EvaluationInput, ExampleView, MethodInput } from '../../src/evaluation/index.js'

const first = ['Quiet', 'Last', 'Crimson', 'Paper', 'Northern', 'Hollow', 'Second', 'Burning', 'Glass', 'Midnight']
const second = [
  'Harbour',
  'Orchard',
  'Witness',
  'Empire',
  'Summer',
  'Detective',
  'Garden',
  'Station',
  'Comet',
  'Promise',
]

/** Titles that no film has. */
function inventedTitle(index: number): string {
  const serial = Math.floor(index / 100)
  return `The ${first[index % 10]} ${second[Math.floor(index / 10) % 10]}${serial ? ` ${serial + 1}` : ''} (${1950 + ((index * 37) % 50)})`
}

/** An input of `rows` rows: signal rises from probes over bars to methods, as it does on MovieLens-100K. */
export function syntheticInput({ rows: count = 300, seed = 42, hostileTitle = '' } = {}): EvaluationInput {
  const random = createRandom(seed, 'synthetic')
  const rows = Array.from({ length: count }, (_, user) => {
    const candidates = Array.from({ length: 20 }, (_, i) => (user * 7 + i * 31) % 1682)
    return { user, candidates, target: candidates[random.int(20)]! }
  })
  const shared = rows.map(() => Array.from({ length: 20 }, () => random.normal()))
  const scores = (signal: number, common: number) =>
    rows.map(({ candidates, target }, row) =>
      Float64Array.from(candidates, (item, i) => {
        const noise = common * shared[row]![i]! + Math.sqrt(1 - common * common) * random.normal()
        return 1.2 * (noise + (item === target ? signal : 0))
      }),
    )
  const method = (
    name: string,
    kind: MethodInput['kind'],
    description: string,
    signal: number,
    common = 0.9,
  ): MethodInput => ({ name, kind, description, scores: scores(signal, common) })
  const answers = (share: number) =>
    rows.map(({ target, candidates }, row) => {
      const draw = random.float()
      const item = draw < 0.03 ? null : draw < share ? target : candidates[random.int(20)]!
      return { row, item, listed: draw < 0.01 ? null : (item ?? target), constrained: item ?? target }
    })
  const titleAt = (index: number) => (hostileTitle && index % 5 === 0 ? hostileTitle : inventedTitle(index))

  return {
    dataset: {
      name: 'Synthetic-100K',
      users: 943,
      items: 1682,
      interactions: 100_000,
      itemWord: 'film',
      terms: 'Made up by a generator: free to use, of no use.',
    },
    protocol: 'leave-one-out',
    seed,
    tieRule: 'equal times in file order',
    listHash: '5d41402abc4b2a76b9719d911017c592ae0d2b1a7f3e4c5d6e7f8091a2b3c4d5',
    negatives: '19 uniform over the films that the user never saw',
    rows,
    methods: [
      {
        ...method('adaptive', 'method', 'Both phases: the LLM picks the similar users from those retrieved.', 1.95),
        freeAnswers: answers(0.46),
      },
      method('multi-user', 'method', 'Phase 1 only: the nearest users stand in the prompt.', 1.86),
      method('user-agnostic', 'method', 'The LLM sees the history of the user alone.', 1.45, 0.6),
      method('adaptive, LLM alone', 'method', 'The LLM of "adaptive" without the evidence in its score.', 1.2, 0.5),
      method('SASRec', 'bar', 'A sequence encoder trained on the same histories, no LLM.', 2.0, 0.7),
      method('evidence alone', 'bar', 'What the most similar users went on to, no LLM.', 1.82),
      method('vote of 5 neighbours', 'bar', 'Items in the windows of five similar users, counted.', 1.15, 0.4),
      method('popularity', 'bar', 'How many users have the item.', 0.85, 0.2),
      { ...method('chance', 'probe', 'All candidates alike.', 0), scores: rows.map(() => new Float64Array(20)) },
      method('target position', 'probe', 'The usual place of the target in other lists.', 0, 0),
      method('nearest list', 'probe', 'The target of the most similar candidate list.', 0, 0),
      method('swapped history', 'probe', '"adaptive" with the history of another user.', 0.75, 0.2),
    ],
    comparisons: [
      ['adaptive', 'user-agnostic'],
      ['adaptive', 'multi-user'],
      ['adaptive', 'evidence alone'],
      ['adaptive', 'SASRec'],
    ],
    training: {
      adaptive: curve(seed, 'adaptive', 0.95),
      'user-agnostic': curve(seed, 'user-agnostic', 1.35),
    },
    rounds: [
      { round: 0, weights: spread([1, 1, 1, 1, 1, 1]), criteria: 'All signs of likeness count the same.' },
      {
        round: 1,
        weights: spread([2.6, 1.1, 1.4, 2.2, 0.9, 0.3]),
        criteria: 'What was watched last and the direction of the whole history count most; ratings count little.',
        meanUtility: 0.031,
        validationHitRatio1: 0.47,
      },
    ],
    stages: [
      { name: 'Preparing the data', seconds: 2.4 },
      { name: 'Training the sequence encoder', seconds: 61 },
      { name: 'Training adaptive', seconds: 214.3 },
      { name: 'Training user-agnostic', seconds: 131.8 },
      { name: 'Scoring', seconds: 96.2 },
    ],
    machine: { processor: 'Synthetic CPU', threads: 2, node: '20.20.0' },
    model: { name: 'SmolLM2-135M-Instruct', rank: 16, targetModules: 'q, k, v, o' },
    settings: { shots: 256, learningRate: 0.0005, batchSize: 8, temperature: 10, retrieved: 10, selected: 5 },
    examples: [1, 2].map((user) => example(random.int(1000), user, titleAt)),
    warnings: ['Free decoding was run on every row with at most 24 tokens.'],
    resamples: 1000,
    permutations: 4000,
  }
}

function curve(seed: number, strategy: string, floor: number) {
  const random = createRandom(seed, 'curve', strategy)
  const untrained = { step: 0, validationLoss: floor + 1.8, validationHitRatio1: 0.08 }
  const steps = Array.from({ length: 48 }, (_, i) => ({
    step: i + 1,
    loss: floor + 1.6 * Math.exp(-i / 9) + 0.12 * random.normal(),
    learningRate: 5e-4 * Math.cos((i / 48) * (Math.PI / 2)),
    tokensPerSecond: 640 + 20 * random.normal(),
    ...(i % 8 === 7
      ? { validationLoss: floor + 0.1 + 1.4 * Math.exp(-i / 10), validationHitRatio1: 0.5 - 0.3 * Math.exp(-i / 12) }
      : {}),
  }))
  return [untrained, ...steps]
}

function spread(weights: readonly number[]): Record<string, number> {
  const names = ['embeddingCosine', 'embeddingEuclidean', 'overlap', 'recency', 'order', 'taste']
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return Object.fromEntries(names.map((name, i) => [name, weights[i]! / sum]))
}

function example(start: number, user: number, titleAt: (index: number) => string): ExampleView {
  const random = createRandom(start, 'example')
  const titles = (count: number, step: number) => Array.from({ length: count }, (_, i) => titleAt(start + i * step))
  const probabilities = [0.31, 0.22, 0.14, 0.1, 0.08, 0.05, 0.04, 0.03, 0.02, 0.01]
  const history = titles(10, 3)
  const ranking = Array.from({ length: 20 }, (_, i) => {
    const logProbability = -14 - 9 * random.float() - i * 0.3
    const evidence = Math.max(0, 3.2 - i * 0.28 + random.normal() * 0.4)
    return { title: titleAt(start + 400 + i * 13), logProbability, evidence, score: logProbability / 10 + evidence }
  })
    .sort((a, b) => b.score - a.score)
    .map((candidate, i) => ({ ...candidate, isTarget: i === (user === 1 ? 0 : 3) }))
  return {
    label: `Test user ${user}`,
    history,
    criteria: 'What was watched last and the direction of the whole history count most; ratings count little.',
    retrieved: random.shuffle(probabilities).map((probability, i) => ({
      label: 'ABCDEFGHIJ'[i]!,
      score: 0.8 - i * 0.04,
      metrics: Object.fromEntries(Object.keys(spread([1, 1, 1, 1, 1, 1])).map((name) => [name, random.float()])),
      window: titles(6, 11 + i),
      shared: history.filter((_, place) => (place + i) % 3 === 0),
      probability,
      selected: probability >= 0.08,
    })),
    evidence: ranking.slice(0, 6).map(({ title }, i) => ({ title, count: 41 - i * 6, share: (41 - i * 6) / 300 })),
    prompts: {
      similarityRetrieval: `You choose the viewers most like the target.\n\nTarget: ${history.join('; ')}\n\nA: ${titles(6, 11).join('; ')}\n...\nAnswer with one letter:`,
      recommendation: `History: ${history.join('; ')}\n\nSimilar viewer: ${titles(6, 12).join('; ')}\n\nCandidates: ${ranking.map(({ title }) => title).join('; ')}\n\nThe next film is:`,
    },
    ranking,
    reason: `"${ranking[0]!.title}" stands first: 41 of the 300 viewers most like this one went on to it.`,
  }
}
