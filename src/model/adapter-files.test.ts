import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeFolderAtomic } from '../base/index.js'
import { adapterFiles, readAdapter } from './adapter-files.js'

const PEFT = 'test/fixtures/model-files/peft-adapter'

test('an adapter that PEFT saved is read with its settings and its values', () => {
  const golden = JSON.parse(readFileSync(`${PEFT}.json`, 'utf8')) as Record<
    string,
    { dims: number[]; first: number[]; sum: number }
  >
  const { config, tensors } = readAdapter(PEFT)
  expect(config).toEqual({
    rank: 4,
    alpha: 8,
    dropout: 0.05,
    targetModules: ['down_proj', 'q_proj'],
    baseModel: 'tiny-llama',
  })
  expect([...tensors.keys()].sort()).toEqual(Object.keys(golden).sort())
  for (const [name, { dims, data }] of tensors) {
    expect(dims).toEqual(golden[name]!.dims)
    expect([...data.subarray(0, 3)]).toEqual(golden[name]!.first)
    expect(data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(golden[name]!.sum, 6)
  }
})

describe('an adapter folder', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'adaptrec-test-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('is read back as it was written, bit for bit', () => {
    const { config, tensors } = readAdapter(PEFT)
    writeFolderAtomic(join(folder, 'a'), adapterFiles(config, tensors))
    const again = readAdapter(join(folder, 'a'))
    expect(again.tensors).toEqual(tensors)
    expect(again.config).toEqual(config)
  })

  const changes: [Record<string, unknown>, RegExp][] = [
    [{ peft_type: 'IA3' }, /peft_type "IA3" is not supported/],
    [{ use_dora: true }, /use_dora is not supported/],
    [{ modules_to_save: ['lm_head'] }, /modules_to_save is not supported/],
    [{ rank_pattern: { q_proj: 8 } }, /rank_pattern is not supported/],
    [{ r: 8 }, /does not fit rank 8/],
    [{ r: -1 }, /"r" is -1; expected a positive whole number/],
    [{ lora_dropout: 1 }, /"lora_dropout" is 1/],
    [{ target_modules: ['q_proj'] }, /of no target module \(q_proj\)/],
    [{ target_modules: 'all-linear' }, /expected a list of module names/],
  ]
  for (const [change, reason] of changes) {
    test(`with ${JSON.stringify(change)} in its config is refused`, () => {
      const { config, tensors } = readAdapter(PEFT)
      const files = adapterFiles(config, tensors)
      const json = JSON.parse(String(files['adapter_config.json']))
      writeFolderAtomic(join(folder, 'b'), { ...files, 'adapter_config.json': JSON.stringify({ ...json, ...change }) })
      expect(() => readAdapter(join(folder, 'b'))).toThrowError(
        expect.objectContaining({ code: 'format', message: expect.stringMatching(reason) }),
      )
    })
  }

  test('with half of a pair is refused', () => {
    const { config, tensors } = readAdapter(PEFT)
    const [first] = tensors.keys()
    const rest = new Map([...tensors].filter(([name]) => name !== first))
    writeFolderAtomic(join(folder, 'c'), adapterFiles(config, rest))
    expect(() => readAdapter(join(folder, 'c'))).toThrowError(/beside it/)
  })
})
