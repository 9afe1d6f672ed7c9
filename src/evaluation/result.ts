/**
 * @file The shape of result.json. Everything but `run` is a function of the input and
 * the seed, so two runs can be compared byte by byte once `run` is taken out.
 */

import { z } from 'zod'
import { AdaptRecError } from '../base/index.js'
import { metricNames } from './metrics.js'

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() })
const share = z.number().min(0).max(1)
const list = <T extends z.ZodType>(element: T) => z.array(element).readonly()

const exampleView = z.object({
  label: z.string(),
  /** Titles, oldest first. */
  history: list(z.string()),
  /** The selection criteria in words, as they stood in the prompt. */
  criteria: z.string(),
  retrieved: list(
    z.object({
      /** A, B, C ... as in the prompt. */
      label: z.string(),
      /** The phase-1 score that ordered the retrieved users. */
      score: z.number(),
      /** Each metric of phase 1, in [0, 1]. */
      metrics: z.record(z.string(), z.number()),
      /** Titles around the place where the user stood alike: what phase 2 reads. */
      window: list(z.string()),
      /** Candidates that it went on to: what the recommendation prompt shows of it, if it was selected. */
      next: list(z.string()).optional(),
      /** Titles that the target user knows too. */
      shared: list(z.string()),
      /** What the language model gave this user in phase 2, in [0, 1]. */
      probability: share.optional(),
      selected: z.boolean(),
    }),
  ),
  /** What the wide pool went on to, most often first. */
  evidence: list(z.object({ title: z.string(), count: z.number(), share })),
  prompts: z.object({ similarityRetrieval: z.string().optional(), recommendation: z.string() }),
  /** Candidates, best first. `score - evidence` is the language model's part of the score. */
  ranking: list(
    z.object({
      title: z.string(),
      /** The language model's log-probability in nats, before any temperature. */
      logProbability: z.number(),
      /** The weighted evidence as it was added to the score. */
      evidence: z.number(),
      score: z.number(),
      isTarget: z.boolean(),
    }),
  ),
  /** One true sentence on why the first candidate is first. */
  reason: z.string().optional(),
})

const trainingPoint = z.object({
  step: z.number(),
  /** Mean training loss of the step; absent where only validation was measured, as before the first step. */
  loss: z.number().optional(),
  validationLoss: z.number().optional(),
  /** In [0, 1]. */
  validationHitRatio1: share.optional(),
  learningRate: z.number().optional(),
})

const feedbackRound = z.object({
  round: z.int().min(0),
  /** Weight of each metric of phase 1 in this round; they sum to 1. */
  weights: z.record(z.string(), z.number()),
  criteria: z.string(),
  /** Mean utility of a demonstration in nats, measured after this round. */
  meanUtility: z.number().optional(),
  validationHitRatio1: share.optional(),
})

const comparedMetric = z.object({
  /** First minus second. */
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  /** Two-sided sign-flip permutation over users. */
  p: share,
  /** The same, corrected by Holm over all comparisons that have this metric. */
  holmP: share,
})

const stratum = z.object({
  label: z.string(),
  rows: z.int().positive(),
  users: z.int().positive(),
  methods: list(z.object({ name: z.string(), metrics: z.partialRecord(z.enum(metricNames), estimate) })),
  /** Of the main comparison, first minus second; p is not corrected. */
  difference: z
    .object({
      method: z.string(),
      against: z.string(),
      metrics: z.partialRecord(z.enum(metricNames), comparedMetric.omit({ holmP: true })),
    })
    .optional(),
})

const strata = z.object({
  /** What the rows differ in. */
  name: z.string(),
  /** Those that have rows, in order. */
  parts: list(stratum),
})

/** What greedy decoding names. */
const decoded = {
  validRatio: estimate,
  'hitRatio@1': estimate,
  /** Over valid answers only; absent when none was valid. */
  'hitRatio@1 over valid': estimate.optional(),
}

const setting = z.union([z.string(), z.number(), z.boolean(), z.null()])

const resultSchema = z.object({
  format: z.literal('adaptrec-result-1'),
  dataset: z.object({
    name: z.string(),
    users: z.number(),
    items: z.number(),
    interactions: z.number(),
    /** Rows that the LLM was trained on; absent in files of before it was told. */
    trainingRows: z.number().optional(),
    /** One thing of the data set in a word: "film", "artist", "book". */
    itemWord: z.string().optional(),
    /** Terms of use and what to cite. */
    terms: z.string().optional(),
  }),
  protocol: z.string(),
  seed: z.union([z.number(), z.string()]),
  tieRule: z.string(),
  listHash: z.string(),
  negatives: z.string(),
  rows: z.int().positive(),
  users: z.int().positive(),
  candidates: z.int().positive(),
  /** What each mean is over; absent in files of before it could be chosen, where it is rows. */
  averagedOver: z.enum(['rows', 'users']).optional(),
  statistics: z.object({ confidence: z.number(), resamples: z.int(), permutations: z.int() }),
  methods: list(
    z.object({
      name: z.string(),
      kind: z.enum(['method', 'bar', 'probe']),
      description: z.string(),
      metrics: z.partialRecord(z.enum(metricNames), estimate),
      /** Free greedy decoding, apart from scoring: it may name something that is no candidate. */
      freeDecoding: z
        .object({
          rows: z.int().positive(),
          ...decoded,
          /** Where the prompt lists the titles of the candidates, too. */
          listed: z.object(decoded).optional(),
          /** Where only a title of a candidate can be written: valid by construction. */
          constrained: z.object(decoded).optional(),
        })
        .optional(),
    }),
  ),
  comparisons: list(
    z.object({
      method: z.string(),
      against: z.string(),
      /** `nll` is in nats, lower is better: below 0 the first is; absent where not both say probabilities. */
      metrics: z.object({ 'hitRatio@1': comparedMetric, 'ndcg@10': comparedMetric, nll: comparedMetric.optional() }),
      /** On first places; absent where users have several rows, which are not independent. */
      mcNemar: z.object({ wins: z.int(), losses: z.int(), undecided: z.int(), p: share }).optional(),
    }),
  ),
  /** Results by kinds of rows. */
  strata: list(strata).optional(),
  /** Protocol `full`: of how many candidates the LLM ranked the first again, and how often the target was among these. */
  shortlist: z.object({ size: z.int().positive(), recall: estimate }).optional(),
  training: z.record(z.string(), list(trainingPoint)),
  rounds: list(feedbackRound),
  model: z.record(z.string(), setting),
  settings: z.record(z.string(), setting),
  examples: list(exampleView),
  warnings: list(z.string()),
  /** What differs from run to run. */
  run: z.object({
    stages: list(z.object({ name: z.string(), seconds: z.number() })),
    /** Median training speed per strategy. */
    tokensPerSecond: z.record(z.string(), z.number()),
    machine: z.record(z.string(), setting),
  }),
})

/** All that an evaluation found: what result.json holds. */
export type EvaluationResult = z.infer<typeof resultSchema>
/** One method, bar or probe with its metrics. */
export type MethodResult = EvaluationResult['methods'][number]
/** One paired comparison. */
export type ComparisonResult = EvaluationResult['comparisons'][number]
/** Results by one way to divide the rows. */
export type StrataResult = z.infer<typeof strata>
/** One user of the test part, shown from history to ranking. */
export type ExampleView = z.infer<typeof exampleView>
/** One point of a training curve. */
export type TrainingPoint = z.infer<typeof trainingPoint>
/** One round of the feedback loop. */
export type FeedbackRound = z.infer<typeof feedbackRound>
/** A flat setting: one value, no list or record. */
export type Setting = z.infer<typeof setting>

/**
 * Checks a value read from result.json.
 * @param where the file's name, for the message.
 * @throws AdaptRecError `data` with the first place that is wrong.
 */
export function parseResult(value: unknown, where: string): EvaluationResult {
  const parsed = resultSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new AdaptRecError(
    'data',
    `${where} is not a result: ${issue.path.join('.') || 'the whole'}: ${issue.message}.`,
    {
      hint: 'Run `adaptrec evaluate` again to write it anew.',
      cause: parsed.error,
    },
  )
}
