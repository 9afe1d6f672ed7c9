/**
 * @file Continued pre-training: before any strategy is trained, the LLM reads histories alone, as the lists in which the recommendation
 * prompt ends, and learns by next-token loss what follows what. One window of a history teaches as many targets as it has titles, where a
 * listwise row teaches one; measured in docs/decisions/0009. All strategies begin from the same adapter.
 * It reads what the sequence encoder of the training rows knows: no target of a training, validation or test row.
 */

import { createRandom, sha256, type Task } from '../base/index.js'
import { sequenceOf } from '../data/index.js'
import type { Adapter, ListwiseExample } from '../model/index.js'
import { type TrainingOutcome, train } from '../training/index.js'
import { writeAdapterFolder } from './adapter-folder.js'
import { copyStrategy, liveStrategy } from './adapter-training.js'
import type { Prepared } from './prepare.js'
import { pathsOf } from './run-folder.js'

/** Shorter windows teach nothing of what follows what. */
const FEWEST_ITEMS = 3

export interface Pretrained {
  readonly adapter: Adapter
  /** Windows read. */
  readonly rows: number
  readonly outcome: TrainingOutcome
}

/** Reads the histories, or goes on where an earlier start was stopped; undefined where the settings ask for none. */
export async function pretrain(prepared: Prepared, task: Task): Promise<Pretrained | undefined> {
  const { run, recommender } = prepared
  const { settings } = run
  const { rows, training } = settings.pretraining
  if (rows === 0) return undefined
  const entries = prepared.dataset.items.map((_, item) => recommender.encodeEntry(item))
  const windows = historyWindows(prepared, entries).slice(0, rows === 'full' ? undefined : rows)
  const prompt = recommender.encodeOpening()
  const lists = windows.map((window) => Array.from(window).flatMap((item) => entries[item]!))
  const noEvidence = new Float32Array(0)
  const trainer = await prepared.training.begin({
    objective: 'next-token',
    temperature: 1,
    evidenceWeights: noEvidence,
  })
  const outcome = await train<ListwiseExample>({
    stage: 'Pre-training on histories',
    trainable: trainer,
    examples: lists.map((list) => ({ tree: { prompt, branches: [list] }, target: Float32Array.of(1) })),
    settings: { ...training, seed: settings.seed },
    identity: {
      lists: sha256(JSON.stringify([prompt, lists])),
      answers: recommender.parts.answers.key,
      model: settings.model,
      lora: JSON.stringify(settings.lora),
      frozenPrecision: settings.frozenPrecision,
    },
    folder: pathsOf(run).training('pretraining', 1),
    task,
  })
  const trained = copyStrategy(liveStrategy(trainer, settings, noEvidence))
  writeAdapterFolder(pathsOf(run).adapter('pretraining'), trained)
  return { adapter: trained.adapter, rows: lists.length, outcome }
}

/** The histories that may be read, cut from their latest end into windows of at most so many tokens, in the order of the seed. */
function historyWindows({ run, dataset, split }: Prepared, entries: readonly (readonly number[])[]): Uint32Array[] {
  const { seed, pretraining } = run.settings
  const windows: Uint32Array[] = []
  for (let user = 0; user < dataset.userIds.length; user++) {
    const known = sequenceOf(dataset, user).subarray(0, split.encoderLengths[user])
    for (let end = known.length; end > 0; ) {
      let start = end
      let tokens = 0
      do tokens += entries[known[--start]!]!.length
      while (start > 0 && tokens + entries[known[start - 1]!]!.length <= pretraining.tokens)
      if (end - start >= FEWEST_ITEMS) windows.push(known.subarray(start, end))
      end = start
    }
  }
  return createRandom(seed, 'pretraining').shuffle(windows)
}
