/**
 * @file Continued pre-training: before any strategy is trained, the LLM reads histories alone, as the lists in which the recommendation
 * prompt ends, and learns by next-token loss what follows what. One window of a history teaches as many targets as it has titles, where a
 * listwise row teaches one; measured in docs/decisions/0009. All strategies begin from the same adapter.
 * It reads what the sequence encoder of the training rows knows: no target of a training, validation or test row.
 */

import { claimFolder, write } from '../artifacts/index.js'
import { createRandom, sha256, type Task } from '../base/index.js'
import { sequenceOf } from '../data/index.js'
import type { Adapter, ListwiseExample } from '../model/index.js'
import { llmAlone } from '../recommender/index.js'
import type { TrainingOutcome } from '../training/index.js'
import { adapterArtifact } from './adapter-artifact.js'
import { pathsOf, type Study } from './study.js'
import { trainAdapter } from './train-adapter.js'
import { copyStrategy, liveStrategy } from './training-session.js'

/** Shorter windows teach nothing of what follows what. */
const FEWEST_ITEMS = 3

export interface Pretrained {
  readonly adapter: Adapter
  /** Windows read. */
  readonly rows: number
  readonly outcome: TrainingOutcome
}

/** Reads the histories, or goes on where an earlier start was stopped; undefined where the settings ask for none. */
export function pretrain(study: Study, task: Task): Promise<Pretrained | undefined> {
  return study.shared('pretraining', async () => {
    const { settings, recommender, scorer } = study
    const { rows, training } = settings.pretraining
    if (rows === 0) return undefined
    const entries = study.dataset.items.map((_, item) => recommender.entryOf(item))
    const windows = historyWindows(study, entries).slice(0, rows === 'full' ? undefined : rows)
    const prompt = recommender.emptyPrompt()
    const lists = windows.map((window) => Array.from(window, (item) => entries[item]!))
    const trainer = await study.training.start({ objective: 'next-token', weights: llmAlone })
    const madeFrom = { ...study.inputs, lists: sha256(JSON.stringify([prompt, lists])) }
    const folder = pathsOf(study).training('pretraining', 1)
    claimFolder('pre-training', folder, madeFrom, study.notice)
    const outcome = await trainAdapter<ListwiseExample>(study, trainer, {
      stage: 'Pre-training on histories',
      examples: lists.map((list) => scorer.listExampleOf(prompt, list)),
      settings: { ...training, seed: settings.seed },
      identity: madeFrom,
      folder,
      task,
    })
    const trained = copyStrategy(liveStrategy(trainer, settings))
    write(adapterArtifact(study, 'pretraining'), trained)
    return { adapter: trained.adapter, rows: lists.length, outcome }
  })
}

/** The histories that may be read, cut from their latest end into windows of at most so many tokens, in the order of the seed. */
function historyWindows({ settings, dataset, split, scorer }: Study, entries: readonly string[]): Uint32Array[] {
  const { seed, pretraining } = settings
  const lengths = entries.map((entry) => scorer.countEntryTokens(entry))
  const windows: Uint32Array[] = []
  for (let user = 0; user < dataset.userIds.length; user++) {
    const known = sequenceOf(dataset, user).subarray(0, split.encoderLengths[user])
    for (let end = known.length; end > 0; ) {
      let start = end
      let tokens = 0
      do tokens += lengths[known[--start]!]!
      while (start > 0 && tokens + lengths[known[start - 1]!]! <= pretraining.tokens)
      if (end - start >= FEWEST_ITEMS) windows.push(known.subarray(start, end))
      end = start
    }
  }
  return createRandom(seed, 'pretraining').shuffle(windows)
}
