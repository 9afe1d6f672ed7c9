/**
 * @file The two sequence encoders of a run. That of the training rows knows none of their targets; that of validation and test rows is the
 * first, brought to the whole training part.
 */

import { claimFolder, keep } from '../artifacts/index.js'
import { sha256, type Task } from '../base/index.js'
import { type Dataset, sequenceOf } from '../data/index.js'
import { Sasrec, trainSasrec } from '../sequence/index.js'
import { filesOf, type RunFolder } from './run-folder.js'

/** Epochs and peak rate that bring a trained encoder to the whole training part: as good as training it anew (decision 0005). */
const warmStart = { epochs: 4, learningRate: 1e-3 }

export interface EncoderOptions {
  readonly run: RunFolder
  readonly dataset: Dataset
  /** Its hash. */
  readonly data: string
  /** (U) leading interactions that it may know. */
  readonly lengths: Uint32Array
  readonly notice?: ((text: string) => void) | undefined
}

/** The encoder that is blind to the training rows' targets, from the run or trained. @throws AdaptRecError `aborted` after saving. */
export function blindEncoder(options: EncoderOptions, task: Task): Promise<Sasrec> {
  const { epochs } = options.run.settings.encoder
  return keepEncoder('encoder', options, { epochs }, undefined, task)
}

/** The encoder of the whole training part, from the run or trained on from the blind one. @throws AdaptRecError `aborted` after saving. */
export function fullEncoder(options: EncoderOptions, blind: () => Promise<Sasrec>, task: Task): Promise<Sasrec> {
  return keepEncoder('train', options, warmStart, blind, task)
}

function keepEncoder(
  knows: 'encoder' | 'train',
  { run, dataset, data, lengths, notice }: EncoderOptions,
  config: { readonly epochs: number; readonly learningRate?: number },
  initial: (() => Promise<Sasrec>) | undefined,
  task: Task,
): Promise<Sasrec> {
  const { seed, threads, encoder } = run.settings
  const artifact = {
    name: `sequence encoder (${knows})`,
    folder: filesOf(run).encoder(knows),
    madeFrom: { data, lengths: sha256(lengths.join()), epochs: encoder.epochs, seed },
    files: (trained: Sasrec) => trained.files(),
    read: (folder: string) => Sasrec.load(folder, threads),
  }
  const make = async () => {
    const folder = filesOf(run).encoderTraining(knows)
    claimFolder(`training of the ${artifact.name}`, folder, artifact.madeFrom, notice)
    return trainSasrec({
      sequences: dataset.userIds.map((_, user) => sequenceOf(dataset, user).subarray(0, lengths[user])),
      itemCount: dataset.items.length,
      ...(initial ? { initial: await initial() } : {}),
      config,
      seed,
      task,
      threads,
      folder,
      notice,
    })
  }
  return keep(artifact, make, { notice, signal: task.signal })
}

/** The encoder with one opinion of all items that it must know nothing of: the mean of what it began with. Its sessions are its own. */
export function alikeOn(encoder: Sasrec, isUnknown: (item: number) => boolean): Sasrec {
  const { itemCount, hiddenSize: width } = encoder.config
  const name = 'item_embedding.weight'
  const embedding = encoder.parameters.get(name)!.slice()
  const unknown = Array.from({ length: itemCount }, (_, item) => item).filter(isUnknown)
  for (let i = 0; i < width; i++) {
    const mean = unknown.reduce((sum, item) => sum + embedding[item * width + i]!, 0) / unknown.length
    for (const item of unknown) embedding[item * width + i] = mean
  }
  return new Sasrec(encoder.config, new Map([...encoder.parameters, [name, embedding]]), encoder.threads)
}
