/**
 * @file Whatever a run was made from changes by one byte: the result is a refusal or a new computation, never the old one. Put back, the old
 * result stands again without any training.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProgressEvent } from '../src/base/index.js'
import { judgeRun, openOrCreateRun, openRunFolder, trainRun } from '../src/experiment/index.js'
import { parseRecommendationTemplate } from '../src/prompt/index.js'
import { openRun, recommend } from '../src/serving/index.js'
import { tinySettings } from './support/tiny-run.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-one-byte-'))
const run = join(folder, 'run')
const template = join(folder, 'prompt.txt')
let judged: string
let listed: string

/** The result without the times of its stages, and which trainings took a step for it. */
async function judge() {
  const trained = new Set<string>()
  const progress = ({ stage, done }: ProgressEvent) => {
    if (/^(Training|Pre-training)/.test(stage) && done > 0) trained.add(stage)
  }
  const { run: _, ...result } = await judgeRun(openRunFolder(run), { progress })
  return { result: JSON.stringify(result), trained: [...trained] }
}

async function list(): Promise<string> {
  const open = await openRun(run, { threads: 1 })
  try {
    return JSON.stringify(await recommend(open, { user: 'u4' }, { top: 5, candidates: 10 }))
  } finally {
    await open.dispose()
  }
}

beforeAll(async () => {
  writeFileSync(template, parseRecommendationTemplate().source)
  const settings = tinySettings(folder, { strategies: ['multi-user'] })
  const { recommender } = settings
  const withTemplate = {
    ...settings,
    recommender: { ...recommender, prompt: { ...recommender.prompt, recommendation: template } },
  }
  await trainRun(openOrCreateRun(run, withTemplate), {})
  judged = (await judge()).result
  listed = await list()
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The inputs of a run, and one byte of each that says something else then. */
const inputs: readonly (readonly [string, string, (bytes: Buffer) => number])[] = [
  ['an item of the data', 'tiny.csv', (bytes) => bytes.indexOf(',i', 400) + 2],
  ['a rating of the data', 'tiny.csv', (bytes) => bytes.indexOf(',1', bytes.indexOf('\nu9,')) - 1],
  ['a time of the data', 'tiny.csv', (bytes) => bytes.indexOf(',1003,') + 4],
  ['the weights of the model', 'model/model.safetensors', (bytes) => bytes.length - 2],
  ['the config of the model', 'model/config.json', (bytes) => bytes.indexOf('hidden_act') - 3],
  ['the prompt template', 'prompt.txt', (bytes) => bytes.indexOf('oldest') + 1],
  ['the adapter', 'run/adapters/multi-user/adapter_model.safetensors', (bytes) => bytes.length - 3],
  ['the weights of the evidence', 'run/adapters/multi-user/evidence.json', (bytes) => bytes.indexOf('.') + 2],
  [
    'what the adapter was made from',
    'run/adapters/multi-user/made-from.json',
    (bytes) => bytes.indexOf('data": "') + 9,
  ],
  ['a setting', 'run/settings.json', (bytes) => bytes.indexOf('"seed": 1') + 8],
]

describe('one byte of an input changes', () => {
  it.each(inputs)(
    '%s: nothing old is judged, and put back it is as before',
    async (_, name, place) => {
      const file = join(folder, name)
      const bytes = readFileSync(file)
      const changed = Buffer.from(bytes)
      const at = place(bytes)
      expect(at).toBeGreaterThan(0)
      changed[at] = bytes[at]! === 0x31 ? 0x32 : bytes[at]! ^ 1
      writeFileSync(file, changed)
      try {
        const outcome = await judge().then(
          ({ result, trained }) => ({ isOld: result === judged, trained }),
          (error: { code?: string }) => ({ code: error.code }),
        )
        if ('isOld' in outcome) expect(outcome.isOld && outcome.trained.length === 0).toBe(false)
        else expect(outcome.code).toMatch(/^(state|format|data|usage|prompt)$/)
      } finally {
        writeFileSync(file, bytes)
      }
      expect((await judge()).result).toBe(judged)
    },
    120_000,
  )

  it.each([
    'bundle.json',
    'items.json',
    'encoder/model.safetensors',
    'adapters/multi-user/evidence.json',
    'adapters/multi-user/adapter_model.safetensors',
  ])('of the bundle (%s): it is refused', async (name) => {
    const file = join(run, 'bundle', name)
    expect(existsSync(file)).toBe(true)
    const bytes = readFileSync(file)
    const changed = Buffer.from(bytes)
    changed[bytes.length - 9]! ^= 1
    writeFileSync(file, changed)
    try {
      await expect(list()).rejects.toMatchObject({ code: 'state' })
    } finally {
      writeFileSync(file, bytes)
    }
    expect(await list()).toBe(listed)
  })
})
