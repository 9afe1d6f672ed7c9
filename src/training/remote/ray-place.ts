/** @file A Ray cluster as the place of a training, which `cluster/train.py` does there in workers of Ray Train. */

import { join } from 'node:path'
import { z } from 'zod'
import { writeFolderAtomic } from '../../base/index.js'
import { type RayCluster, rayAskedSchema } from '../../cluster/index.js'
import { eventOf, type TrainingPlace } from './place.js'

/** What may be asked of a cluster for a training. */
export const trainingAskedSchema = rayAskedSchema.extend({
  /** Whether the frozen weights are spread over the workers. */
  fsdp: z.enum(['true', 'false']).default('false'),
})

/** The files of a result. */
const results = [
  'result.json',
  'curve.jsonl',
  'evidence.json',
  'adapter/adapter_config.json',
  'adapter/adapter_model.safetensors',
]

/** A cluster that trains. */
export function rayPlace(cluster: RayCluster, { model, fsdp }: z.output<typeof trainingAskedSchema>): TrainingPlace {
  return {
    name: cluster.name,
    model,
    check: () => cluster.check(),
    async run({ folder, id }, hear, task) {
      const job = { folder, id, program: 'train.py', words: fsdp === 'true' ? ['--fsdp'] : [] }
      const told = (said: unknown) => {
        const event = eventOf(said)
        if (event) hear(event)
      }
      await cluster.run(job, told, task)
      writeFolderAtomic(join(folder, 'out'), await cluster.bring(job, results, task))
    },
  }
}
