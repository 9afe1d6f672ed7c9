/**
 * @file Trains an adapter where the experiment trains: in this process, or elsewhere from a job folder. What another place has finished is taken
 * here too, so one training is never done twice.
 */

import { z } from 'zod'
import { readJson } from '../base/index.js'
import {
  type AdapterInTraining,
  AdapterTrainer,
  filesOfAdapter,
  loadAdapter,
  type TrainingExample,
} from '../model/index.js'
import {
  finishedElsewhere,
  type JobExample,
  parseTrainingSettings,
  type RunElsewhere,
  type TrainingOutcome,
  type TrainingRun,
  train,
  trainElsewhere,
} from '../training/index.js'
import { jobExampleOf } from './job-example.js'
import type { Study } from './study.js'
import { EVIDENCE_NAME, liveStrategy } from './training-session.js'

/** A training of an adapter from the study's training session. */
export interface AdapterRun<E> extends Omit<TrainingRun<E>, 'trainable'> {
  readonly stage: string
  readonly folder: string
  /** What `validate` measures, for a place that measures by itself. */
  readonly measured?: () => Promise<readonly JobExample[]>
}

const evidenceSchema = z.array(z.number())

/** Trains the adapter, or goes on with it; its parameters hold the best step afterwards. @throws as `train` and `trainElsewhere` do. */
export async function trainAdapter<E extends TrainingExample>(
  study: Study,
  adapter: AdapterInTraining,
  run: AdapterRun<E>,
): Promise<TrainingOutcome> {
  const there = runElsewhere(study, adapter, run)
  if (adapter instanceof AdapterTrainer) return finishedElsewhere(there) ?? train({ ...run, trainable: adapter })
  return trainElsewhere(study.training.elsewhere!.place, there)
}

function runElsewhere<E extends TrainingExample>(
  { settings, scorer, training, notice }: Study,
  adapter: AdapterInTraining,
  run: AdapterRun<E>,
): RunElsewhere<E> {
  const { stage, folder, examples, identity, task = {}, measured } = run
  const { objective, temperature, listWeight = 0, featureCount, gradientCheckpointing = false } = adapter.settings
  const { place, modelPath = '', modelHash = '' } = training.elsewhere ?? {}
  return {
    examples,
    validation: async () => (await measured?.()) ?? [],
    job: {
      stage,
      identity,
      model: { source: place?.model ?? modelPath, hash: modelHash, path: modelPath },
      objective,
      temperature,
      listWeight,
      featureCount,
      gradientCheckpointing,
      settings: parseTrainingSettings(run.settings),
      answers: scorer.answers.groups,
      write: (example) => jobExampleOf(example, featureCount),
      start: () => filesOfAdapter(liveStrategy(adapter, settings).adapter),
      evidence: Array.from(adapter.parameters.get(EVIDENCE_NAME)?.data ?? []),
    },
    parameters: adapter.parameters,
    read: (out) => {
      const { parameters } = loadAdapter(`${out}/adapter`, scorer.languageModel.config)
      const matrices = [...parameters].map(([name, { data }]) => [name, data] as const)
      return new Map([
        ...matrices,
        [EVIDENCE_NAME, Float32Array.from(readJson(`${out}/evidence.json`, evidenceSchema))],
      ])
    },
    folder,
    notice,
    task,
  }
}
