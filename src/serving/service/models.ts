/**
 * @file Models: trained runs that may answer, which of them does, and how they were trained. A change of what answers is whole: either the model is open and
 * the store says so, or all is as it was.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { AdaptRecError, messageOf } from '../../base/index.js'
import type { ModelState, Store, StoredModel } from '../../store/index.js'
import type { Answering } from './answering.js'
import type * as api from './api.js'
import { nameOf, trainedOn } from './model-names.js'
import { folderOfModel, keptFolder, type Places } from './places.js'
import { changedMeanwhile, modelReplyOf, patched } from './replies.js'
import { curvesOfRun, metricsOfRun, resultOfRun, roundsOfRun } from './run-files.js'
import type { Versioned } from './service.js'

type Out<T extends z.ZodType> = z.output<T>
type ModelPatch = Out<typeof api.modelPatch>

/** A run to be registered. */
export interface NewModel {
  readonly id: string
  readonly folder: string
  readonly trainedTo: number
  /** Retired answers nobody until it is chosen. */
  readonly state: ModelState
}

/** The models of a store and what is open of them. */
export class Models {
  readonly #store: Store
  readonly #answering: Answering
  readonly #places: Places
  /** By model, read once: a bundle never changes. */
  readonly #trainedOn = new Map<string, string>()
  /** Changes of what answers come one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(store: Store, answering: Answering, places: Places) {
    this.#store = store
    this.#answering = answering
    this.#places = places
  }

  /** All models. */
  async list(): Promise<Out<typeof api.modelsReply>> {
    const all = await this.#store.models()
    return { rows: all.map((model) => this.#reply(model, all)) }
  }

  /** One model. @throws AdaptRecError `not-found`. */
  async get(modelId: string): Promise<Versioned<Out<typeof api.modelReply>>> {
    const model = await this.find(modelId)
    return { value: this.#reply(model, await this.#store.models()), version: model.version }
  }

  /** One model as it is stored. @throws AdaptRecError `not-found`. */
  async find(modelId: string): Promise<StoredModel> {
    const model = await this.#store.model(modelId)
    if (!model) throw unknownModel(modelId)
    return model
  }

  /** The model that answers where nobody chose another. */
  async live(): Promise<StoredModel | undefined> {
    return (await this.#store.models()).find(({ state }) => state === 'live')
  }

  /** The name of a model, for people. */
  async nameOf(model: StoredModel): Promise<string> {
    return nameOf(model, await this.#store.models())
  }

  /** The run folder of the live one. */
  async liveFolder(): Promise<string | undefined> {
    const live = await this.live()
    return live && folderOfModel(this.#places, live)
  }

  /** Curves, rounds and result of a model, or of one that is being trained. @throws AdaptRecError `not-found`. */
  async training(modelId: string): Promise<Out<typeof api.modelTrainingReply>> {
    const model = await this.#store.model(modelId)
    const folder = model ? folderOfModel(this.#places, model) : this.#unfinished(modelId)
    if (folder === undefined) throw unknownModel(modelId)
    const result = resultOfRun(folder)
    const training = { modelId, curves: curvesOfRun(folder), rounds: roundsOfRun(folder) }
    return { ...training, ...(result ? { result } : {}) } as Out<typeof api.modelTrainingReply>
  }

  /** Takes a trained run in. One that cannot be opened stays, retired. @returns it, and why it is not as it was asked for. */
  async register(given: NewModel): Promise<{ readonly model: StoredModel; readonly because?: string }> {
    const { state, ...rest } = given
    const model: StoredModel = {
      ...rest,
      folder: keptFolder(this.#places, given.folder),
      state: 'retired',
      trafficPercent: 0,
      metrics: metricsOfRun(given.folder),
      impressions: 0,
      clicks: 0,
      createdAt: Date.now(),
      version: 1,
    }
    await this.#store.addModel(model)
    if (state === 'retired') return { model }
    try {
      await this.patch(model.id, { state }, undefined)
      return { model: await this.find(model.id) }
    } catch (error) {
      return { model, because: messageOf(error) }
    }
  }

  /** Reads the metrics of a model anew, after it was judged. */
  async measure(model: StoredModel): Promise<StoredModel> {
    await this.#store.patchModel(model.id, { metrics: metricsOfRun(folderOfModel(this.#places, model)) })
    return this.find(model.id)
  }

  /** Changes what answers. @throws AdaptRecError `not-found`, `conflict`; `state` for a model that cannot be opened: all is as it was then. */
  async patch(
    modelId: string,
    patch: ModelPatch,
    ifVersion: number | undefined,
  ): Promise<Versioned<Out<typeof api.modelReply>>> {
    const change = this.#last.then(() => this.#change(modelId, patch, ifVersion))
    this.#last = change.catch(() => undefined)
    return change
  }

  async #change(modelId: string, { state, trafficPercent }: ModelPatch, ifVersion: number | undefined) {
    const before = await this.#store.models()
    const patch = {
      ...(state === undefined ? {} : { state }),
      ...(trafficPercent === undefined ? {} : { trafficPercent }),
    }
    if (Object.keys(patch).length === 0) {
      const model = await this.get(modelId)
      if (ifVersion !== undefined && model.version !== ifVersion) throw changedMeanwhile()
      return model
    }
    const changed = patched(
      await this.#store.patchModel(modelId, patch, ifVersion),
      (model) => model,
      () => unknownModel(modelId),
    ).value
    const failure = await this.#answering.refreshModels().then(
      () => 'it did not open.',
      (error: unknown) => error, // of this one, or of another that did not open before either
    )
    if (changed.state !== 'retired' && !this.#answering.isOpen(modelId)) {
      await this.#putBack(before, modelId)
      throw cannotOpen(changed, failure)
    }
    return this.get(modelId)
  }

  /** What the store said before of the model and of the one that its rise retired. */
  async #putBack(before: readonly StoredModel[], modelId: string): Promise<void> {
    const own = before.find(({ id }) => id === modelId)!
    const live = before.find(({ state }) => state === 'live')
    await this.#store.patchModel(modelId, { state: own.state, trafficPercent: own.trafficPercent })
    if (live && live.id !== modelId) {
      await this.#store.patchModel(live.id, { state: 'live', trafficPercent: live.trafficPercent })
    }
    await this.#answering.refreshModels().catch(() => undefined) // what is told is why the other did not open
  }

  #reply(model: StoredModel, all: readonly StoredModel[]) {
    const about = this.#trainedOn.get(model.id) ?? trainedOn(folderOfModel(this.#places, model))
    if (about !== undefined) this.#trainedOn.set(model.id, about)
    const names = { name: nameOf(model, all), ...(about === undefined ? {} : { trainedOn: about }) }
    return modelReplyOf(model, names, this.#answering.isOpen(model.id))
  }

  /** The folder of a run that is being trained. */
  #unfinished(modelId: string): string | undefined {
    if (!/^[\w-]+$/.test(modelId)) return undefined
    const folder = join(this.#places.models, modelId)
    return existsSync(folder) ? folder : undefined
  }
}

function unknownModel(modelId: string): AdaptRecError {
  return new AdaptRecError('not-found', `There is no model "${modelId}".`, { hint: 'List the models to find its id.' })
}

function cannotOpen({ id, state }: StoredModel, cause: unknown): AdaptRecError {
  const own = cause instanceof AdaptRecError ? cause.hint : undefined
  return new AdaptRecError(
    'state',
    `The model "${id}" cannot be made ${state}: ${messageOf(cause)} All is as it was.`,
    {
      cause,
      hint: own ?? 'Train another model, or choose one that was open before.',
    },
  )
}
