/**
 * @file The bar of a hybrid prompt: behind each title of the history stands the vector that SASRec has of the item, projected into the language
 * model; prompt and scoring are otherwise those of the LLM without users. It is trained on the lists of the recommendation adapter, from the
 * same pre-trained adapter, with a curriculum from titles alone to hybrid lists.
 * Source: LLaRA (Liao et al. 2024, arXiv 2312.02445). Ours: an adapter on all layers that compares titles within lists, no collective
 * evidence. As there, the vectors are those of the encoder that knows the whole training part, its training rows' targets too.
 */

import { claimFolder, keep } from '../../artifacts/index.js'
import { mapAtOnce, type Task } from '../../base/index.js'
import type { Row } from '../../data/index.js'
import { type Adapter, filesOfSoftTokens, type ListExample, type Parameter, readSoftTokens } from '../../model/index.js'
import { llmAlone, type Scores, type TrainedStrategy } from '../../recommender/index.js'
import type { Sasrec } from '../../sequence/index.js'
import { adapterArtifact } from '../adapter-artifact.js'
import { calibrate } from '../calibrate.js'
import { evidenceWeightsOf } from '../evidence-weights.js'
import { type HybridWriter, hybridWriter, planHybridLists } from '../hybrid-lists.js'
import { identityOfParameters, identityOfRows } from '../identity.js'
import type { Method } from '../method.js'
import { pretrain } from '../pretrain.js'
import { identityOfAdapter, keepScores } from '../score-rows.js'
import { pathsOf, type Study } from '../study.js'
import { trainAdapter } from '../train-adapter.js'
import { copyStrategy, liveStrategy } from '../training-session.js'
import { judgeValidation } from '../validate.js'

const NAME = 'llara'

export const llara: Method = {
  name: 'LLaRA',
  kind: 'bar',
  description:
    'The LLM reads the user’s own history with SASRec’s vector of each item, projected, behind its title; nobody is shown.',
  givesLogits: true,
  async fit(study, task) {
    await trainedLlara(study, task)
    return []
  },
  score: (study, rows, task) =>
    study.sharedFor(rows, `scores of ${NAME}`, async () => {
      const { adapter, weights } = await trainedLlara(study, task)
      const scores = await scoreHybrid(study, adapter, rows, task)
      return { scores: scores.map(({ logProbability }) => logProbability.map((said) => said * weights.llm)) }
    }),
}

/** The trained adapter with its soft tokens, from the run or trained, and the LLM's weight. @throws AdaptRecError `aborted` after saving. */
function trainedLlara(study: Study, task: Task): Promise<TrainedStrategy> {
  return study.shared('adapter of LLaRA', () => {
    const { notice } = study
    const items = itemVectorsOf(study.encoder)
    const artifact = adapterArtifact(study, NAME)
    const whole = {
      ...artifact,
      madeFrom: { ...artifact.madeFrom, items: identityOfParameters(new Map([['items', items]])) },
      files: (strategy: TrainedStrategy) => ({
        ...artifact.files(strategy),
        ...filesOfSoftTokens(strategy.adapter.parameters),
      }),
      read: (folder: string, files: ReadonlyMap<string, Buffer>): TrainedStrategy => {
        const { adapter, weights } = artifact.read(folder, files)
        const soft = readSoftTokens(folder, study.scorer.languageModel.config)
        return { adapter: { ...adapter, parameters: new Map([...adapter.parameters, ...soft]) }, weights }
      },
    }
    const make = () => study.time('training LLaRA', () => trainLlara(study, items, task))
    return keep(whole, make, { notice, signal: task.signal })
  })
}

/** (I, d) the encoder's vectors of the items, their elements scaled to a mean square of 1. */
function itemVectorsOf({ config: { itemCount, hiddenSize }, parameters }: Sasrec): Parameter {
  const vectors = parameters.get('item_embedding.weight')!
  const length = Math.sqrt(vectors.reduce((sum, value) => sum + value * value, 0) / vectors.length)
  return { dims: [itemCount, hiddenSize], data: vectors.map((value) => value / (length || 1)) }
}

async function trainLlara(study: Study, items: Parameter, task: Task): Promise<TrainedStrategy> {
  const { settings, validation } = study
  const evidence = await study.time('evidence weights', () => evidenceWeightsOf(study, task))
  const pretrained = await study.time('pretraining', () => pretrain(study, task))
  const recommenderForTraining = await study.recommenderForTraining()
  const writer = hybridWriter(study.recommender, study.scorer)
  const trainer = await study.training.start({
    objective: settings.objective,
    weights: llmAlone,
    listWeight: settings.comparisons.listWeight,
    from: pretrained?.adapter,
    items,
  })
  const live = liveStrategy(trainer, settings)
  const madeFrom = {
    ...study.inputs,
    rows: identityOfRows(study.train),
    validation: identityOfRows(validation),
    start: identityOfParameters(live.adapter.parameters),
    evidence: JSON.stringify([...evidence]),
  }
  const folder = pathsOf(study).training(NAME, 1)
  claimFolder('training of LLaRA', folder, madeFrom, study.notice)
  const outcome = await trainAdapter<ListExample>(study, trainer, {
    stage: 'Training LLaRA',
    examples: planHybridLists(study, recommenderForTraining, writer, evidence),
    settings: { ...settings.training, seed: settings.seed },
    identity: madeFrom,
    validate: async (inner) => {
      const score = (row: Row) => scoreRow(study, writer, live.adapter, row, inner.signal)
      const scores = await mapAtOnce(validation, study.scorer.asksAtOnce, score, { signal: inner.signal })
      return judgeValidation(validation, scores)
    },
    folder,
    task,
  })
  for (const sentence of outcome.damaged) study.notice?.(sentence)
  const { adapter } = copyStrategy(live)
  await study.training.dispose() // scoring needs its memory
  const scores = await scoreHybrid(study, adapter, validation, task)
  const rows = validation.map((row, i) => ({ row, features: new Float32Array(0), scores: scores[i]! }))
  return { adapter, weights: calibrate(rows, { ...llmAlone, llm: 0 }) }
}

/** Scores rows and keeps what is scored. */
function scoreHybrid(study: Study, adapter: Adapter, rows: readonly Row[], task: Task): Promise<Scores[]> {
  const { scorer, recommender } = study
  const writer = hybridWriter(recommender, scorer)
  const stage = 'Scoring LLaRA'
  const precision = scorer.inFloat32() === scorer ? 'float32' : 'int8'
  return keepScores(
    study,
    {
      stage,
      name: NAME,
      rows,
      madeFrom: { stage, precision, adapter: identityOfAdapter(adapter) },
      atOnce: scorer.asksAtOnce,
      score: (row) => scoreRow(study, writer, adapter, row, task.signal),
    },
    task,
  )
}

async function scoreRow(
  { scorer }: Study,
  writer: HybridWriter,
  adapter: Adapter,
  row: Row,
  signal: AbortSignal | undefined,
): Promise<Scores> {
  const options = { adapter, answers: scorer.answers, signal }
  const [logProbability] = await scorer.languageModel.scoreBranches([writer.treeOf(row)], options)
  const total = logProbability!
  return { logProbability: total, evidence: new Float64Array(total.length), total }
}
