/**
 * @file Bars that are sequence models trained for the comparison alone: GRU4Rec and Caser, on what the encoder of test rows knows, watched on
 * validation rows, kept in the run. They are trained where they are asked for, and hold a session only while they score.
 */

import { claimFolder, keep } from '../artifacts/index.js'
import { sha256, type Task } from '../base/index.js'
import { sequenceOf } from '../data/index.js'
import { type SequenceArchitecture, SequenceModel, trainSequenceModel } from '../sequence/index.js'
import { identityOfRows } from './identity.js'
import type { Method } from './method.js'
import { pathsOf, type Study } from './study.js'
import { type Choice, combinationsOf, ndcgOf, tunedBar } from './tuning.js'
import { judgeValidation } from './validate.js'

/** As SASRec is trained (decision 0005). */
const MAX_LENGTH = 50
const BATCH_TOKENS = 3200
const CLIP_NORM = 5
const EPOCHS_BETWEEN = 2

type SequenceGrid = Record<'epochs' | 'dropout' | 'learningRate' | 'hiddenSize', readonly number[]>

/** The bar of an architecture: `fit` trains what `score` would have to train first. */
export function sequenceBar(architecture: SequenceArchitecture, name: string, description: string): Method {
  const gridOf = ({ settings }: Study): SequenceGrid => {
    const { patience: _, ...grid } = settings.tuning.sequence
    return grid
  }
  return {
    ...tunedBar<SequenceGrid>({
      name,
      description,
      givesLogits: true,
      grid: gridOf,
      prepare: async (study) => async (choice, task) => {
        const model = await keptSequenceModel(study, architecture, choice, task)
        return async (rows, scoring) => {
          try {
            return await model.score(rows, scoring)
          } finally {
            await model.dispose()
          }
        }
      },
    }),
    async fit(study, task) {
      for (const choice of combinationsOf(gridOf(study))) await keptSequenceModel(study, architecture, choice, task)
      return []
    },
  }
}

/** The model of a choice, from the run or trained. @throws AdaptRecError `aborted` after saving, `data` where there is nothing to learn from. */
async function keptSequenceModel(
  study: Study,
  architecture: SequenceArchitecture,
  choice: Choice<SequenceGrid>,
  task: Task,
): Promise<SequenceModel> {
  const { dataset, split, settings, inputs, validation, notice } = study
  const { patience } = settings.tuning.sequence
  const { seed } = settings
  const { threads } = study.encoder
  const name = `${architecture}-${sha256(JSON.stringify(choice)).slice(0, 8)}`
  const artifact = {
    name: `sequence model ${name}`,
    folder: pathsOf(study).baseline(name),
    madeFrom: {
      data: inputs.data!,
      lengths: sha256(split.trainLengths.join()),
      watched: identityOfRows(validation),
      seed,
      patience,
      ...choice,
    },
    files: (model: SequenceModel) => model.files(),
    read: (folder: string) => SequenceModel.load(architecture, folder, threads),
  }
  const make = () => {
    const folder = pathsOf(study).baselineTraining(name)
    claimFolder(`training of the ${artifact.name}`, folder, artifact.madeFrom, notice)
    const { hiddenSize, ...others } = choice
    return study.time('training baselines', () =>
      trainSequenceModel({
        architecture,
        sequences: dataset.userIds.map((_, user) => sequenceOf(dataset, user).subarray(0, split.trainLengths[user])),
        itemCount: dataset.items.length,
        settings: { ...others, maxLength: MAX_LENGTH, batchTokens: BATCH_TOKENS, clipNorm: CLIP_NORM },
        sizes: architecture === 'gru4rec' ? { hiddenSize, recurrentSize: 2 * hiddenSize } : { hiddenSize },
        seed,
        threads,
        folder,
        task,
        notice,
        ...(validation.length > 0 ? { watch: watchOn(study, patience) } : {}),
      }),
    )
  }
  return keep(artifact, make, { notice, signal: task.signal })
}

/** The best epoch is that of the highest NDCG@10, as every choice of a bar: likelihood falls long before the ranking does. */
function watchOn({ validation }: Study, patience: number) {
  return {
    epochsBetween: EPOCHS_BETWEEN,
    patience,
    validate: async (model: SequenceModel) => {
      const scores = await model.score(validation)
      const parts = scores.map((total) => ({ total, logProbability: total, evidence: total }))
      return { ...judgeValidation(validation, parts), loss: 1 - ndcgOf(validation, scores) }
    },
  }
}
