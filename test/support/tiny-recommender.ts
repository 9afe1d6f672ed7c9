/** @file A recommender of real parts, untrained: the tiny Llama, an untrained sequence encoder, users on circles of films. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  catalogueOf,
  type Dataset,
  drawCandidates,
  type Example,
  historiesOf,
  type Row,
  rows as rowsOf,
  type Split,
  splitDataset,
} from '../../src/data/index.js'
import { targetUserOf as targetUserOfExample } from '../../src/methods/index.js'
import { LanguageModel, LocalScorer, loadAdapter, type Precision } from '../../src/model/index.js'
import { parseRecommendationTemplate, parseSimilarityRetrievalTemplate, wordings } from '../../src/prompt/index.js'
import {
  type Asked,
  possibleAnswers,
  Recommender,
  recommenderSettingsSchema,
  type Strategy,
  type TrainedStrategy,
} from '../../src/recommender/index.js'
import { equalWeights, evidenceFeatures, type TargetUser, UserRetriever } from '../../src/retrieval/index.js'
import { writeCriteria } from '../../src/selection/index.js'
import type { Sasrec } from '../../src/sequence/index.js'
import { circleData, untrainedEncoder } from './circle-data.js'
import { writeTinyModel } from './tiny-run.js'

export interface TinyRecommender {
  readonly dataset: Dataset
  readonly split: Split
  readonly encoder: Sasrec
  /** Knows none of the training rows' targets. */
  readonly recommender: Recommender
  /** An adapter that does something, and equal evidence weights. */
  readonly trained: TrainedStrategy
  readonly train: readonly Row[]
  readonly test: readonly Row[]
  readonly scorer: LocalScorer
  /** Of its own, gone when it is disposed of. */
  readonly folder: string
  targetUserOf(example: Example): TargetUser
  /** Reaches for the row's user and asks for its candidates. */
  ask(row: Row, strategy: Strategy, recommender?: Recommender): Promise<Asked>
  dispose(): Promise<void>
}

/** Opens it. @param settings of the recommender. @param titles of the first items. @param precision of its LLM. */
export async function openTinyRecommender(
  settings: object = {},
  titles: readonly string[] = [],
  precision: Precision = 'float32',
): Promise<TinyRecommender> {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-recommender-'))
  const circle = circleData()
  const dataset = {
    ...circle,
    items: circle.items.map((item, i) => ({ ...item, title: titles[i] ?? `Film ${i} (${1950 + i})` })),
  }
  const split = splitDataset(dataset, 'leave-one-out')
  const draw = (part: 'train' | 'test') =>
    rowsOf(split[part], drawCandidates(dataset, split[part], { protocol: 'leave-one-out', salt: 'x', negatives: 5 }))
  const encoder = untrainedEncoder(dataset.items.length)
  const languageModel = await LanguageModel.open(writeTinyModel(join(folder, 'model')), { threads: 1, precision })
  const weights = equalWeights()
  const scorer = new LocalScorer(languageModel, possibleAnswers(dataset.items.map(({ title }) => title)))
  const recommender = new Recommender({
    catalogue: catalogueOf(dataset),
    encoder,
    settings: recommenderSettingsSchema.parse({
      retrieval: { users: 4, window: 3, pool: 50 },
      selection: { users: 2 },
      prompt: { evidenceItems: 3, history: 5 },
      ...settings,
    }),
    scorer,
    retriever: await UserRetriever.build({
      catalogue: catalogueOf(dataset),
      histories: historiesOf(dataset, split.encoderLengths),
      encoder,
      weights,
    }),
    templates: {
      recommendation: parseRecommendationTemplate(),
      similarityRetrieval: parseSimilarityRetrievalTemplate(),
    },
    criteria: writeCriteria(weights, wordings.film, 0),
  })
  const targetUserOf = (example: Example) => targetUserOfExample(dataset, example)
  return {
    dataset,
    split,
    scorer,
    folder,
    targetUserOf,
    ask: async (row, strategy, by = recommender) => by.ask(await by.reach(targetUserOf(row), strategy), row.candidates),
    encoder,
    recommender,
    trained: {
      adapter: loadAdapter(
        fileURLToPath(new URL('../fixtures/tiny-llama-adapter', import.meta.url)),
        languageModel.config,
      ),
      weights: { evidence: new Float32Array(evidenceFeatures.length).fill(0.2), llm: 0.1, llmByPopularity: 0 },
    },
    train: draw('train'),
    test: draw('test'),
    async dispose() {
      await Promise.all([languageModel.dispose(), encoder.dispose()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
