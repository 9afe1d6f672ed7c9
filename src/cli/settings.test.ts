import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { settingsSchema } from '../experiment/index.js'
import { readSettings } from './settings.js'

const schema = z.strictObject({
  seed: z.int().default(1),
  shots: z.union([z.int(), z.literal('full')]).default('full'),
  strategies: z.array(z.string()).default(['adaptive']),
  training: z
    .strictObject({
      learningRate: z.number().default(5e-4),
      targetModules: z.array(z.string()).default(['q_proj']),
    })
    .prefault({}),
})

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-settings-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(text: string): string {
  const path = join(folder, 'run.yaml')
  writeFileSync(path, text)
  return path
}

describe('readSettings', () => {
  it('gives the defaults when nothing is said', async () => {
    expect(await readSettings(schema, {})).toEqual({
      seed: 1,
      shots: 'full',
      strategies: ['adaptive'],
      training: { learningRate: 5e-4, targetModules: ['q_proj'] },
    })
  })

  it('lets flags win over the file, and --set over flags', async () => {
    const config = write('seed: 3\nshots: 16\ntraining:\n  learningRate: 0.001\n')
    const settings = await readSettings(schema, {
      config,
      shots: '64',
      set: ['training.learningRate=1e-4', 'training.targetModules=[q_proj, v_proj]'],
    })
    expect(settings).toMatchObject({
      seed: 3,
      shots: 64,
      training: { learningRate: 1e-4, targetModules: ['q_proj', 'v_proj'] },
    })
  })

  it('refuses to train a model that a server holds, and says where a server is named', async () => {
    await expect(
      readSettings(settingsSchema, { model: 'openai:http://127.0.0.1:8000/v1#smollm2' }),
    ).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(
        /neither trained nor evaluated from here.*`adaptrec serve` with --model afterwards/,
      ),
    })
  })

  it('has no flag for a setting that an experiment does not know', async () => {
    const settings = await readSettings(settingsSchema, {
      data: 'plays.csv',
      model: 'model.gguf',
      protocol: 'llara',
      strategies: 'adaptive',
      objective: 'next-token',
      shots: 'full',
      testRows: '300',
      seed: '7',
      threads: '1',
      skipBadRows: true,
    })
    expect(settings).toMatchObject({
      data: { source: 'plays.csv', skipBadRows: true },
      objective: 'next-token',
      testRows: 300,
      seed: 7,
    })
  })

  it('takes lists with commas', async () => {
    expect((await readSettings(schema, { strategies: 'user-agnostic, adaptive' })).strategies).toEqual([
      'user-agnostic',
      'adaptive',
    ])
  })

  it.each([
    [{ shots: 'some' }, 'shots'],
    [{ set: ['training.rank=8'] }, '"rank"'],
    [{ set: ['__proto__.polluted=1'] }, '__proto__'],
    [{ set: ['seed'] }, '--set needs path=value, got "seed"'],
    [{ set: ['seed=1', 'seed.x=2'] }, 'must hold named settings'],
    [{ config: 'nowhere.yaml' }, 'Cannot read the settings file nowhere.yaml'],
  ])('refuses %j as wrong usage and says where', async (options, part) => {
    await expect(readSettings(schema, options)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(part),
    })
    expect('polluted' in {}).toBe(false)
  })

  it('names the place of broken YAML', async () => {
    const config = write('training:\n  shots: [1,\n')
    await expect(readSettings(schema, { config })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/run\.yaml is not valid YAML: .*line/s),
    })
  })
})
