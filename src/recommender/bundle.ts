/**
 * @file The bundle: what training leaves and use opens. Items by id with titles, the sequence encoder, adapters, criteria, metric and evidence
 * weights, settings. It is written whole and never changed, so any number of readers may hold it, on a disk that cannot be written to.
 * It is tied to ids: data in another order changes nothing, what is new is welcome, data that lost what was trained is refused.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AdaptRecError, messageOf, readCheckedFolder, readJson, type Task, writeCheckedFolder } from '../base/index.js'
import {
  type Catalogue,
  catalogueOf,
  type DataSettings,
  type Dataset,
  dataSettingsSchema,
  type Histories,
  historiesOf,
  renumber,
  titleFromId,
} from '../data/index.js'
import {
  type Adapter,
  adapterIn,
  filesOfAdapter,
  type LanguageModel,
  LocalScorer,
  loadAdapter,
  type RemoteModel,
  RemoteScorer,
  type Scorer,
} from '../model/index.js'
import { parseRecommendationTemplate, parseSimilarityRetrievalTemplate } from '../prompt/index.js'
import { fingerprintOf, metricNames, type RetrieverInput, readKeptIndex, UserRetriever } from '../retrieval/index.js'
import type { Criteria } from '../selection/index.js'
import { Sasrec } from '../sequence/index.js'
import { findStates } from './index-states.js'
import { Recommender, type TrainedStrategy } from './recommender.js'
import { type RecommenderSettings, recommenderSettingsSchema, type Strategy, strategyNames } from './settings.js'
import { possibleAnswers } from './titles.js'
import { filesOfStrategy, readStrategy } from './trained-strategy.js'

/** The language model that a bundle's adapters belong to. */
export interface BundleModel {
  /** An asset's name, or a path from the root. */
  readonly source: string
  /** Of its files, see `hashModel`. */
  readonly sha256: string
  readonly precision: 'int8' | 'float32'
}

/** What training leaves. */
export interface BundleData {
  /** Of adaptrec, for a person. */
  readonly version: string
  readonly model: BundleModel
  /** Where the histories come from in use. */
  readonly data: DataSettings
  readonly settings: RecommenderSettings
  /** Texts of both prompts. */
  readonly templates: { readonly recommendation: string; readonly similarityRetrieval: string }
  /** The items that were trained, in the order of their numbers. */
  readonly items: readonly { readonly id: string; readonly title: string }[]
  readonly criteria: Criteria
  readonly strategies: ReadonlyMap<Strategy, TrainedStrategy>
  readonly selectionAdapter: Adapter | undefined
  readonly encoder: Sasrec
}

/** A bundle on disk; its encoder and adapters are read when it is opened for use. */
export interface Bundle extends Omit<BundleData, 'strategies' | 'selectionAdapter' | 'encoder'> {
  readonly folder: string
  /** Trained strategies, the most able last. */
  readonly strategies: readonly Strategy[]
  readonly hasSelectionAdapter: boolean
}

const FORMAT = 1

const bundleSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.string(),
  model: z.strictObject({ source: z.string(), sha256: z.string(), precision: z.enum(['int8', 'float32']) }),
  data: dataSettingsSchema,
  settings: recommenderSettingsSchema,
  templates: z.strictObject({ recommendation: z.string(), similarityRetrieval: z.string() }),
  criteria: z.strictObject({
    round: z.int().min(0),
    weights: z.record(z.enum(metricNames), z.number().min(0)),
    words: z.string(),
  }),
  strategies: z.array(z.enum(strategyNames)).min(1),
  hasSelectionAdapter: z.boolean(),
})
const itemsSchema = z.array(z.strictObject({ id: z.string(), title: z.string() }))

const encoderFolder = (folder: string) => join(folder, 'encoder')
const adapterFolder = (folder: string, name: string) => join(folder, 'adapters', name)

/** Writes a bundle as a new folder, whole or not at all. @throws AdaptRecError `storage`. */
export function writeBundle(folder: string, bundle: BundleData): void {
  const { items, encoder, strategies, selectionAdapter, ...rest } = bundle
  const about: z.input<typeof bundleSchema> = {
    format: FORMAT,
    ...rest,
    strategies: strategyNames.filter((name) => strategies.has(name)),
    hasSelectionAdapter: selectionAdapter !== undefined,
  }
  writeCheckedFolder(folder, {
    'bundle.json': `${JSON.stringify(about, null, 2)}\n`,
    'items.json': `${JSON.stringify(items.map(({ id, title }) => ({ id, title })))}\n`,
    ...within('encoder', encoder.files()),
    ...Object.assign(
      {},
      ...[...strategies].map(([name, trained]) => within(`adapters/${name}`, filesOfStrategy(trained))),
    ),
    ...(selectionAdapter ? within('adapters/selection', filesOfAdapter(selectionAdapter)) : {}),
  })
}

function within(folder: string, files: Readonly<Record<string, string | Uint8Array>>) {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]))
}

/** Reads what a bundle is, after checking every byte of it. @throws AdaptRecError `state` where there is none, or a damaged one. */
export function readBundle(folder: string): Bundle {
  if (!existsSync(folder)) {
    throw new AdaptRecError('state', `There is no trained bundle in ${folder}.`, {
      hint: 'Train first: `adaptrec train` or `adaptrec quickstart`; or name another run with --run.',
    })
  }
  readCheckedFolder(folder)
  const { format: _, ...about } = readJson(join(folder, 'bundle.json'), bundleSchema)
  return { folder, ...about, items: readJson(join(folder, 'items.json'), itemsSchema) }
}

/** The adapter that ranks for the most able strategy, held against the model. @throws AdaptRecError `state`, `format`. */
export function readAdapterOf({ folder, strategies }: Bundle, model: LanguageModel['config']): Adapter {
  return loadAdapter(adapterFolder(folder, strategies.at(-1)!), model)
}

/**
 * The model that a bundle's prompts are put to: the one that it was trained with, in this process, with the hash of its files; or one that a
 * server holds, of which nothing but its tokenizer can be compared.
 */
export type GivenModel =
  | { readonly languageModel: LanguageModel; readonly modelHash: string }
  | { readonly remoteModel: RemoteModel }

/** A bundle open for use. */
export interface OpenBundle {
  readonly recommender: Recommender
  /** The most able strategy that was trained. */
  readonly strategy: Strategy
  readonly trained: TrainedStrategy
  /** The data under the bundle's numbers. */
  readonly dataset: Dataset
  /** The histories that the retriever has taken over: events and users come through it. */
  readonly histories: Histories
  /** Frees what it opened: the encoder; the model is its caller's. */
  dispose(): Promise<void>
}

/**
 * Opens a bundle with the data as it is now and a model. The index knows all histories.
 * @throws AdaptRecError `state` for another model or data that lost trained items; `format`, `aborted`.
 */
export async function openBundle(
  bundle: Bundle,
  given: {
    readonly dataset: Dataset
    readonly model: GivenModel
    /** Where an index of an earlier time was kept, which is taken over as far as the histories are the same. */
    readonly kept?: string | undefined
  },
  task: Task & { readonly threads?: number | undefined; readonly notice?: ((text: string) => void) | undefined } = {},
): Promise<OpenBundle> {
  const { model } = given
  if ('languageModel' in model) assertSameModel(bundle, model.modelHash)
  const read = (folder: string) =>
    'languageModel' in model ? loadAdapter(folder, model.languageModel.config) : adapterIn(folder)
  const dataset = underBundleNumbers(bundle, given.dataset)
  const encoder = Sasrec.load(encoderFolder(bundle.folder), task.threads)
  const strategy = bundle.strategies.at(-1)!
  const trained = readStrategy(adapterFolder(bundle.folder, strategy), read)
  const selectionAdapter = bundle.hasSelectionAdapter ? read(adapterFolder(bundle.folder, 'selection')) : undefined
  const { settings, criteria, templates } = bundle
  const catalogue = catalogueOf(dataset)
  const histories = historiesOf(dataset)
  const retriever = await UserRetriever.build(
    {
      catalogue,
      histories,
      ...(await statesFor(bundle, given.kept, catalogue, dataset, encoder, task.notice)),
      encoder,
      weights: criteria.weights,
      minimumOwners: settings.retrieval.minimumOwners,
    },
    task,
  )
  const recommender = new Recommender({
    catalogue,
    settings,
    scorer: scorerFor(model, dataset),
    encoder,
    retriever,
    templates: {
      recommendation: parseRecommendationTemplate(templates.recommendation),
      similarityRetrieval: parseSimilarityRetrievalTemplate(templates.similarityRetrieval),
    },
    criteria,
    selectionAdapter,
  })
  return { recommender, strategy, trained, dataset, histories, dispose: () => encoder.dispose() }
}

/** States that need not be made again: of an index that was kept, or of the bundle's own data. */
async function statesFor(
  { folder }: Bundle,
  kept: string | undefined,
  catalogue: Catalogue,
  dataset: Dataset,
  encoder: Sasrec,
  notice: ((text: string) => void) | undefined,
): Promise<Pick<RetrieverInput, 'states' | 'kept'>> {
  if (kept !== undefined && existsSync(kept)) {
    try {
      return { kept: await readKeptIndex(kept, fingerprintOf(encoder, catalogue)) }
    } catch (error) {
      notice?.(`What was kept of the index is made anew: ${messageOf(error)}.`)
    }
  }
  return { states: findStates(folder, dataset, encoder) }
}

function scorerFor(model: GivenModel, { items }: Dataset): Scorer {
  const possible = possibleAnswers(items.map(({ title }) => title))
  return 'languageModel' in model
    ? new LocalScorer(model.languageModel, possible)
    : new RemoteScorer(model.remoteModel, possible)
}

function assertSameModel({ model, folder }: Bundle, got: string): void {
  if (got === model.sha256) return
  const [was, is] = [model.sha256, got].map((hash) => hash.slice(0, 12))
  throw new AdaptRecError(
    'state',
    `${folder} was trained on other weights of ${model.source}: SHA-256 ${was}, now ${is}.`,
    {
      hint: 'Put the model back that it was trained on, or train again.',
    },
  )
}

/** A data set under the numbers of a bundle's items, new ones behind them. @throws AdaptRecError `state` for data that lost trained items or their titles. */
export function underBundleNumbers({ items, folder }: Bundle, dataset: Dataset): Dataset {
  const { dataset: numbered, lost } = renumber(dataset, { items: items.map(({ id }) => id) })
  const gone = new Set(lost.items)
  const untitled =
    gone.size > 0
      ? []
      : items.filter(({ id, title }, i) => isUntitled(numbered, i, id) && title !== numbered.items[i]!.title)
  const missing = gone.size > 0 ? items.filter(({ id }) => gone.has(id)) : untitled
  if (missing.length === 0) return numbered
  const named = missing.slice(0, 3).map(({ id, title }) => `${title} (${id})`)
  const more = missing.length > 3 ? ' and others' : ''
  const what = gone.size > 0 ? '' : 'the titles of '
  throw new AdaptRecError(
    'state',
    `${dataset.name} lacks ${what}${missing.length} of the ${items.length} items that ${folder} was trained on: ${named.join(', ')}${more}.`,
    { hint: 'Put these items back into the data, or train again on what is there now.' },
  )
}

/** Whether an item's title is only what stands for a missing one. */
function isUntitled({ items }: Dataset, item: number, id: string): boolean {
  return items[item]!.title.replace(/ #\d+$/, '') === titleFromId(id)
}
