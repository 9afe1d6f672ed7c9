/**
 * @file Everything that stands before the LLM is trained: data, split, frozen candidates, the two sequence encoders with their retrievers, and
 * the model: a study for methods. What an earlier start has left in the run is taken where it was made from the same.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, locate } from '../assets/index.js'
import { AdaptRecError, messageOf, once, sha256, shareWork, type Task } from '../base/index.js'
import { catalogueOf, drawBeside, hashDataset, historiesOf, readDataset, sourceOf } from '../data/index.js'
import { type Study, TrainingSession } from '../methods/index.js'
import { hashModel, LanguageModel, LocalScorer } from '../model/index.js'
import { parseRecommendationTemplate, parseSimilarityRetrievalTemplate, wordingOf } from '../prompt/index.js'
import { possibleAnswers, Recommender } from '../recommender/index.js'
import { equalWeights, UserRetriever } from '../retrieval/index.js'
import { writeCriteria } from '../selection/index.js'
import type { Sasrec } from '../sequence/index.js'
import { openPlace } from '../training/index.js'
import { type Cut, cutDataset } from './cut.js'
import { numberAsBefore, rowDrawer, rowsOfUsers, saveNumbering } from './data-of-run.js'
import { alikeOn, blindEncoder, fullEncoder } from './encoders.js'
import { type RunFolder, saveSettings } from './run-folder.js'
import { decisive, type Settings } from './settings.js'
import type { StageClock } from './stages.js'

/** A study with what only an experiment needs of it. */
export interface Prepared {
  readonly run: RunFolder
  readonly study: Study
  /** The data of the study as they were cut, with what negatives are drawn from. */
  readonly cut: Cut
  /** SHA-256 of the candidate lists of all test rows that the split has, sampled or not. */
  readonly listHash: string
  /** Of the language model's files. */
  readonly modelHash: string
  /** Texts of both prompts. */
  readonly templates: { readonly recommendation: string; readonly similarityRetrieval: string }
  /** Frees all sessions. */
  dispose(): Promise<void>
}

export interface ExperimentTask extends Task {
  /** Use what is in the cache and fetch nothing. */
  readonly offline?: boolean
  /** Where adapters are trained, `ray:...` or `python:...`; in this process without it. */
  readonly on?: string | undefined
  /** Says something to a person: terms of use, kept work that is stale, a damaged checkpoint. */
  readonly notice?: (text: string) => void
}

/** What of a study's inputs is known before anything is made. */
export type GivenInputs = Readonly<Record<'data' | 'model', string>>

/**
 * Prepares the study of a run. @param accept throws where the data or the model is not what is wanted, before anything is written.
 * @throws AdaptRecError `asset`, `data`, `format`, `prompt`, `storage`, `aborted`.
 */
export async function prepare(
  run: RunFolder,
  clock: StageClock,
  task: ExperimentTask,
  accept: (given: GivenInputs) => void = () => {},
): Promise<Prepared> {
  const { settings } = run
  const { notice } = task
  const place = task.on === undefined ? undefined : openPlace(task.on)
  await place?.check(task.signal)
  const fetching = { ...task, onNotice: notice }
  const { modelPath, dataPath } = await clock.time('assets', async () => ({
    modelPath: await locate(settings.model, fetching),
    dataPath: await locate(settings.data.source, fetching),
  }))
  const read = await clock.time('data', () =>
    readDataset(sourceOf(settings.data, dataPath), { ...task, skipBadRows: settings.data.skipBadRows }),
  )
  for (const text of read.reading?.notices ?? []) notice?.(text)
  const cut = cutDataset(numberAsBefore(run, read, notice), settings) // refuses data that is too small before anything is written
  const modelHash = await clock.time('model', () => hashModel(modelPath, task.signal))
  const languageModel = await clock.time('model', () =>
    LanguageModel.open(modelPath, {
      threads: settings.threads,
      sessions: settings.sessions,
      precision: settings.scoringPrecision,
      kept: { folder: join(cacheFolder(), 'programs'), key: modelHash },
    }),
  )
  const prompts = readTemplates(settings)
  const { dataset, split, isCold } = cut
  const data = hashDataset(dataset)
  accept({ data, model: modelHash })
  saveSettings(run)
  saveNumbering(run, dataset)
  const draw = rowDrawer({ run, cut, data, notice })
  const train = await draw('train', 'full')
  const evidenceRows = await draw('train', settings.evidenceRows)
  const validation = await draw('validation', settings.validationRows)
  const test = await draw('test', settings.testRows)

  const blind = once(() => blindEncoder({ run, dataset, data, lengths: split.encoderLengths, notice }, task))
  const trained = await clock.time('sequence encoder', () =>
    fullEncoder({ run, dataset, data, lengths: split.trainLengths, notice }, blind, task),
  )
  const inUse = (made: Sasrec) => (isCold ? alikeOn(made, isCold) : made)
  const encoder = inUse(trained)
  const blindInUse = once(async () => inUse(await blind()))
  const weights = equalWeights(settings.without?.metrics)
  const scorer = new LocalScorer(languageModel, possibleAnswers(dataset.items.map(({ title }) => title)))
  const { minimumOwners } = settings.recommender.retrieval
  const catalogue = catalogueOf(dataset)
  const recommenderFor = async (sequenceEncoder: Sasrec, lengths: Uint32Array) =>
    new Recommender({
      catalogue,
      settings: settings.recommender,
      scorer,
      encoder: sequenceEncoder,
      retriever: await clock.time('retrieval index', () =>
        UserRetriever.build(
          { catalogue, histories: historiesOf(dataset, lengths), encoder: sequenceEncoder, weights, minimumOwners },
          task,
        ),
      ),
      templates: prompts,
      criteria: writeCriteria(weights, wordingOf(settings.recommender.domain), 0),
    })
  const training = new TrainingSession(settings, scorer, place && { place, modelPath, modelHash })
  const templates = {
    recommendation: prompts.recommendation.source,
    similarityRetrieval: prompts.similarityRetrieval.source,
  }
  const study: Study = {
    folder: run.path,
    settings,
    inputs: {
      data,
      model: modelHash,
      templates: sha256(JSON.stringify(templates)),
      settings: sha256(JSON.stringify(decisive(settings))),
      lists: sha256([train.hash, validation.hash].join()),
    },
    dataset,
    split,
    train: rowsOfUsers(train.rows, settings.shots, settings.seed),
    freshNegatives: (row, count, random) =>
      drawBeside(cut.poolOf('train'), row, { count, random, ownItems: settings.repeats === 'rank' }),
    evidenceRows: evidenceRows.rows,
    validation: validation.rows,
    test: test.rows,
    scorer,
    encoder,
    recommenderForTraining: once(async () => recommenderFor(await blindInUse(), split.encoderLengths)),
    recommender: await recommenderFor(encoder, split.trainLengths),
    training,
    notice,
    time: (stage, work) => clock.time(stage, work),
    ...shareWork(),
  }
  return {
    run,
    study,
    cut,
    listHash: test.hash,
    modelHash,
    templates,
    async dispose() {
      await Promise.all([
        training.dispose(),
        languageModel.dispose(),
        blindInUse.made()?.then((made) => made.dispose()),
        encoder.dispose(),
      ])
    },
  }
}

function readTemplates({ recommender: { prompt } }: Settings) {
  return {
    recommendation: parseRecommendationTemplate(readTemplate(prompt.recommendation)),
    similarityRetrieval: parseSimilarityRetrievalTemplate(readTemplate(prompt.similarityRetrieval)),
  }
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
