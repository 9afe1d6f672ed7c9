/**
 * @file Everything that stands before the LLM is trained: data, split, frozen candidates, the two sequence encoders with their
 * retrievers, and the model. The encoder of the training rows knows none of their targets; the one of validation and test rows knows
 * the whole training part. Both are cached in the run folder.
 */

import { existsSync, readFileSync } from 'node:fs'
import { fetchAsset, isAsset } from '../assets/index.js'
import { AdaptRecError, createRandom, messageOf, type Task } from '../base/index.js'
import {
  type Dataset,
  type DatasetSource,
  drawCandidates,
  type Example,
  type Row,
  readCandidates,
  readDataset,
  rows as rowsOf,
  type Split,
  sequenceOf,
  splitDataset,
  writeCandidates,
} from '../data/index.js'
import { LanguageModel } from '../model/index.js'
import { parseRecommendationTemplate, parseSimilarityRetrievalTemplate, wordings } from '../prompt/index.js'
import { possibleAnswers, Recommender } from '../recommender/index.js'
import { equalWeights, UserRetriever } from '../retrieval/index.js'
import { writeCriteria } from '../selection/index.js'
import { Sasrec, trainSasrec } from '../sequence/index.js'
import { TrainingSession } from './adapter-training.js'
import { keyOf } from './identity.js'
import { pathsOf, type RunFolder } from './run-folder.js'
import type { Settings } from './settings.js'
import type { StageClock } from './stages.js'

/** What every strategy, bar and probe of an experiment shares. */
export interface Prepared {
  readonly run: RunFolder
  readonly dataset: Dataset
  readonly split: Split
  /** Rows that the LLM may be trained on: `shots` of them, in the order of the seed. */
  readonly train: readonly Row[]
  /** Rows that the evidence is fitted on: `evidenceRows` of all training rows, whatever `shots` is, for it asks no LLM. */
  readonly evidenceRows: readonly Row[]
  readonly validation: readonly Row[]
  readonly test: readonly Row[]
  /** SHA-256 of the candidate lists of all test rows that the split has, sampled or not. */
  readonly listHash: string
  readonly languageModel: LanguageModel
  /** Knows the whole training part. */
  readonly encoder: Sasrec
  /** Reads training rows, with an encoder and an index that know none of their targets; made when it is first asked for. */
  readonly recommenderForTraining: () => Promise<Recommender>
  /** Reads validation and test rows, and lives on in use. */
  readonly recommender: Recommender
  /** Where adapters are trained, one after the other. */
  readonly training: TrainingSession
  /** Frees all sessions. */
  dispose(): Promise<void>
}

/**
 * Prepares an experiment in its run folder, reusing what an earlier start has left there.
 * @param sessions rows that are scored at once; default: as the settings say.
 */
export async function prepare(
  run: RunFolder,
  clock: StageClock,
  task: Task & { readonly offline?: boolean; readonly notice?: (text: string) => void },
  sessions = run.settings.sessions,
): Promise<Prepared> {
  const { settings } = run
  const paths = pathsOf(run)
  const locate = (source: string) =>
    isAsset(source)
      ? fetchAsset(source, { ...task, ...(task.notice ? { onNotice: task.notice } : {}) })
      : Promise.resolve(source)
  const { modelPath, dataPath } = await clock.time('assets', async () => ({
    modelPath: await locate(settings.model),
    dataPath: await locate(settings.data.source),
  }))
  const dataset = await clock.time('data', () =>
    readDataset(sourceOf(settings.data, dataPath), { ...task, skipBadRows: settings.data.skipBadRows }),
  )
  const split = splitDataset(dataset, settings.protocol, {
    trainTargetsPerUser: settings.trainTargetsPerUser,
    seed: settings.seed,
  })

  const frozen = (part: 'train' | 'validation' | 'test', wanted: number | 'full' | 'all') => {
    const examples = sample(split[part], wanted, settings.seed, part)
    const file = paths.candidates(part)
    const options = { protocol: settings.protocol, salt: String(settings.seed), negatives: settings.negatives }
    const lists = existsSync(file) ? readCandidates(file, dataset, split[part]) : undefined
    const drawn = lists ?? drawCandidates(dataset, split[part], options)
    if (!lists) writeCandidates(file, dataset, split[part], drawn)
    const all = new Map(rowsOf(split[part], drawn).map((row) => [keyOf(row), row]))
    return { rows: examples.map((example) => all.get(keyOf(example))!), hash: drawn.hash }
  }
  const train = frozen('train', settings.shots)
  const evidenceRows = frozen('train', settings.evidenceRows)
  const validation = frozen('validation', settings.validationRows)
  const test = frozen('test', settings.testRows)

  const knownEncoder = once(() => loadOrTrainEncoder(run, dataset, split.encoderLengths, 'encoder', undefined, task))
  const encoder = await clock.time('sequence encoder', () =>
    loadOrTrainEncoder(run, dataset, split.trainLengths, 'train', knownEncoder, task),
  )
  const languageModel = await clock.time('model', () =>
    LanguageModel.open(modelPath, {
      threads: settings.threads,
      sessions,
      frozenPrecision: settings.scoringPrecision,
    }),
  )

  const answers = possibleAnswers(dataset, languageModel)
  const weights = equalWeights()
  const { minimumOwners } = settings.recommender.retrieval
  const templates = {
    recommendation: parseRecommendationTemplate(readTemplate(settings.recommender.prompt.recommendation)),
    similarityRetrieval: parseSimilarityRetrievalTemplate(
      readTemplate(settings.recommender.prompt.similarityRetrieval),
    ),
  }
  const recommenderFor = async (sequenceEncoder: Sasrec, lengths: Uint32Array) =>
    new Recommender({
      dataset,
      settings: settings.recommender,
      languageModel,
      retriever: await clock.time('retrieval index', () =>
        UserRetriever.build({ dataset, lengths, encoder: sequenceEncoder, weights, minimumOwners }, task),
      ),
      templates,
      answers,
      criteria: writeCriteria(weights, wordings[settings.recommender.domain], 0),
    })
  const training = new TrainingSession(settings, languageModel, answers)
  return {
    run,
    dataset,
    split,
    train: train.rows,
    evidenceRows: evidenceRows.rows,
    validation: validation.rows,
    test: test.rows,
    listHash: test.hash,
    languageModel,
    encoder,
    recommenderForTraining: once(async () => recommenderFor(await knownEncoder(), split.encoderLengths)),
    recommender: await recommenderFor(encoder, split.trainLengths),
    training,
    async dispose() {
      await Promise.all([
        training.dispose(),
        languageModel.dispose(),
        knownEncoder.made()?.then((made) => made.dispose()),
        encoder.dispose(),
      ])
    },
  }
}

/** Epochs and peak rate that bring a trained encoder to the whole training part: as good as training it anew (decision 0005). */
const warmStart = { epochs: 4, learningRate: 1e-3 }

async function loadOrTrainEncoder(
  run: RunFolder,
  dataset: Dataset,
  lengths: Uint32Array,
  name: 'encoder' | 'train',
  initial: (() => Promise<Sasrec>) | undefined,
  task: Task,
): Promise<Sasrec> {
  const folder = pathsOf(run).encoder(name)
  const { seed, threads, encoder } = run.settings
  if (existsSync(folder)) return Sasrec.load(folder, threads)
  const trained = await trainSasrec({
    sequences: dataset.userIds.map((_, user) => sequenceOf(dataset, user).subarray(0, lengths[user])),
    itemCount: dataset.items.length,
    ...(initial ? { initial: await initial(), config: warmStart } : { config: { epochs: encoder.epochs } }),
    seed,
    task,
    threads,
  })
  trained.save(folder)
  return trained
}

/** Makes something when it is first asked for. */
function once<T>(make: () => Promise<T>): { (): Promise<T>; made(): Promise<T> | undefined } {
  let made: Promise<T> | undefined
  return Object.assign(() => (made ??= make()), { made: () => made })
}

/** A seeded sample, in the order of the draw; `full` and `all` keep the order of the split. */
function sample(
  examples: readonly Example[],
  wanted: number | 'full' | 'all',
  seed: number,
  part: string,
): readonly Example[] {
  if (typeof wanted !== 'number') return examples
  return createRandom(seed, 'sample', part).shuffle(examples).slice(0, wanted)
}

/** Where the data is; with columns it is a table. */
function sourceOf({ name, columns, items, separator, header }: Settings['data'], path: string): DatasetSource {
  return { kind: columns ? 'table' : 'auto', path, name, columns, items, separator, header }
}

function readTemplate(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new AdaptRecError('prompt', `Cannot read the prompt template ${path}: ${messageOf(error)}`, {
      hint: 'Give the path of a text file, as seen from the folder in which the command runs.',
      cause: error,
    })
  }
}
