/**
 * @file A training as files, for a machine that knows nothing of ours: token ids with targets, the order of the steps, settings, the adapter to
 * begin from. `job.json` is written last, with size and hash of all others, so a folder that has one is whole. `cluster/job.py` reads it and
 * says what each file is. Knows no model, no titles and no users.
 */

import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  parseWith,
  readJson,
  sha256,
  startStage,
  type Task,
  throwIfAborted,
  writeChunksAtomic,
  writeJsonAtomic,
} from '../../base/index.js'
import { filesOfSmallModel } from '../../cluster/index.js'
import type { Identity } from '../identity.js'
import type { TrainingPlan } from '../plan.js'
import { type TrainingSettings, trainingSettingsSchema } from '../settings.js'

const FORMAT = 'adaptrec-training-job'
const VERSION = 1

const count = z.int().min(0)
const tokens = z.array(count)
const numbers = z.array(z.number())

const exampleSchema = z.strictObject({
  trunk: tokens.min(1),
  forks: z
    .array(
      z.strictObject({
        at: count.min(1).describe('how many tokens of the trunk stand before it'),
        context: tokens.describe('tokens that these answers alone stand behind'),
        own: count.describe('so many next tokens of the trunk are the first answer'),
        branches: z.array(tokens.min(1)).describe('the other answers'),
        target: numbers.describe('how good each answer is; sums to 1'),
        features: numbers.exactOptional().describe('(C, F) evidence of each answer, whose weights are trained'),
        offset: numbers
          .exactOptional()
          .describe('(C) what the evidence gives each answer, where its weights are not trained'),
      }),
    )
    .min(1),
})

/** An example in token ids; lists with forks, as `src/model/token-tree.ts` has them. */
export type JobExample = z.output<typeof exampleSchema>

const jobSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  /** What decides the result, by name: a folder of the same serves the same training. */
  identity: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  stage: z.string(),
  model: z.strictObject({ source: z.string().min(1), hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  objective: z.enum(['listwise', 'next-token']),
  temperature: z.number().positive(),
  listWeight: z.number().min(0),
  featureCount: count,
  gradientCheckpointing: z.boolean(),
  steps: count.min(1),
  settings: trainingSettingsSchema,
  files: z.record(z.string(), z.strictObject({ bytes: count, sha256: z.string() })),
})

/** What `job.json` says. */
export type Job = z.output<typeof jobSchema>

/** A training that another machine is to do. */
export interface TrainingJob<E> {
  readonly stage: string
  /** All that decides the result; see `TrainingRun.identity`. */
  readonly identity: Identity
  readonly model: {
    /** A path or a name that the other machine knows it by. */
    readonly source: string
    readonly hash: string
    /** Where it is here: it goes along where it is small. */
    readonly path: string
  }
  readonly objective: 'listwise' | 'next-token'
  readonly temperature: number
  readonly listWeight: number
  readonly featureCount: number
  readonly gradientCheckpointing: boolean
  readonly settings: TrainingSettings
  /** Groups of token sequences: all that can be answered. */
  readonly answers: readonly (readonly (readonly number[])[])[]
  readonly plan: TrainingPlan<E>
  /** Examples that are only measured, one fork each. */
  readonly validation: readonly JobExample[]
  /** Puts an example of the plan into numbers. */
  readonly write: (example: E) => JobExample
  /** PEFT's two files of the adapter to begin from, by name. */
  readonly start: () => Readonly<Record<string, string | Uint8Array>>
  /** (F) weights to begin from. */
  readonly evidence: readonly number[]
}

/** The job in a folder; undefined where there is none. @throws AdaptRecError `data` for one that cannot be read. */
export function readJob(folder: string): Job | undefined {
  const file = join(folder, 'job.json')
  return existsSync(file) ? readJson(file, jobSchema) : undefined
}

/** Writes a job folder. @throws AdaptRecError `usage` for an example that does not fit, `storage`, `aborted`. */
export async function writeJob<E>(folder: string, job: TrainingJob<E>, { progress, signal }: Task): Promise<Job> {
  const files: Record<string, { bytes: number; sha256: string }> = {}
  const add = async (name: string, chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>) => {
    const hash = createHash('sha256')
    let bytes = 0
    await writeChunksAtomic(join(folder, name), measured())
    files[name] = { bytes, sha256: hash.digest('hex') }

    async function* measured() {
      for await (const chunk of chunks) {
        throwIfAborted(signal)
        hash.update(chunk)
        bytes += Buffer.byteLength(chunk)
        yield chunk
      }
    }
  }
  const order: string[] = []
  await add(
    'examples.jsonl',
    linesOf(job, order, startStage(progress, `${job.stage}: writing the job`, job.plan.totalSteps)),
  )
  await add('order.jsonl', order)
  await add(
    'validation.jsonl',
    job.validation.map((example, i) => lineOf(example, `validation row ${i}`)),
  )
  await add('answers.json', [JSON.stringify(job.answers)])
  await add('start/evidence.json', [JSON.stringify(job.evidence)])
  for (const [name, content] of Object.entries(job.start())) await add(`start/${name}`, [content])
  for (const [name, path] of filesOfSmallModel(job.model.path)) await add(`model/${name}`, createReadStream(path))
  const { stage, objective, temperature, listWeight, featureCount, gradientCheckpointing, settings } = job
  const content = {
    identity: Object.fromEntries(Object.entries(job.identity).filter(([, value]) => value !== undefined)),
    stage,
    model: { source: job.model.source, hash: job.model.hash },
    objective,
    temperature,
    listWeight,
    featureCount,
    gradientCheckpointing,
    steps: job.plan.totalSteps,
    settings,
    files,
  }
  const id = sha256(JSON.stringify(content)).slice(0, 16)
  const whole = parseWith(jobSchema, { format: FORMAT, version: VERSION, id, ...content }, 'job.json')
  writeJsonAtomic(join(folder, 'job.json'), whole)
  return whole
}

/** The lines of all examples, each once; `order` gets which of them each step reads. */
async function* linesOf<E>(
  job: TrainingJob<E>,
  order: string[],
  report: (done: number) => void,
): AsyncGenerator<string> {
  const numbers = new Map<E, number>()
  for (let step = 0; step < job.plan.totalSteps; step++) {
    const { passes, ...place } = await job.plan.stepAt(step)
    const numbered: number[][] = []
    for (const pass of passes) {
      const row: number[] = []
      for (const example of pass) {
        const known = numbers.get(example)
        row.push(known ?? numbers.size)
        if (known !== undefined) continue
        const line = lineOf(job.write(example), `example ${numbers.size}`)
        numbers.set(example, numbers.size)
        yield line
      }
      numbered.push(row)
    }
    order.push(`${JSON.stringify({ step, ...place, passes: numbered })}\n`)
    report(step + 1)
  }
}

function lineOf(example: JobExample, where: string): string {
  return `${JSON.stringify(parseWith(exampleSchema, example, where))}\n`
}
