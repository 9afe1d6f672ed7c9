import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeFolderAtomic } from '../base/index.js'
import { encodeSafetensors, type FloatTensor } from '../formats/index.js'
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
    [{ peft_type: 'IA3' }, /"peft_type" is "IA3", which is not supported/],
    [{ peft_type: null }, /"peft_type" is null, which is not supported/],
    [{ task_type: 'SEQ_CLS' }, /"task_type" is "SEQ_CLS", which is not supported/],
    [{ use_dora: true }, /"use_dora" is true, which is not supported/],
    [{ modules_to_save: ['lm_head'] }, /"modules_to_save" is \["lm_head"\], which is not supported/],
    [{ rank_pattern: { q_proj: 8 } }, /"rank_pattern" is {"q_proj":8}, which is not supported/],
    [{ init_lora_weights: 'pissa_niter_4' }, /"init_lora_weights" is "pissa_niter_4", which is not supported/],
    [{ use_something_new: 0.5 }, /"use_something_new" is 0.5, which is not supported/],
    [{ layers_pattern: 'blocks' }, /"layers_pattern" is "blocks", which is not supported/],
    [{ exclude_modules: ['q_proj'] }, /"exclude_modules" is \["q_proj"\], which is not supported/],
    [{ r: 8 }, /does not fit rank 8/],
    [{ r: -1 }, /"r" is -1; expected a positive whole number/],
    [{ lora_dropout: 1 }, /"lora_dropout" is 1/],
    [{ target_modules: ['q_proj'] }, /of no target module \(q_proj\)/],
    [{ target_modules: null }, /"target_modules" is null; expected module names, or an expression/],
    [{ target_modules: [7] }, /"target_modules" is \[7\]; expected module names, or an expression/],
    [{ target_modules: '(?P<name>q_proj)' }, /is the expression "\(\?P<name>q_proj\)", which is not read here/],
    [{ target_modules: '(q_proj' }, /is the expression "\(q_proj", which is not read here/],
    [{ target_modules: '(\\w|\\.|[a-z0-9_.])*X' }, /cannot be matched in time/],
    [{ target_modules: '.*q_proj' }, /down_proj is of no target module \(\.\*q_proj\)/],
    [{ target_modules: '.*', layers_to_transform: 0 }, /goes with a list of target_modules alone/],
    [{ layers_to_transform: [0, 1e9] }, /"layers_to_transform" is \[0,1000000000\]; expected indices of layers/],
    [{ lora_alpha: 1e308 }, /"lora_alpha" is 1e\+308; expected a finite number/],
    [{ lora_alpha: '8' }, /"lora_alpha" is "8"; expected a finite number/],
    [{ r: 1e9 }, /does not fit rank 1000000000/],
    [{ r: 2 ** 53 }, /"r" is 9007199254740992; expected a positive whole number/],
    [{ lora_dropout: null, r: [4] }, /"r" is \[4\]; expected a positive whole number/],
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

  test('as rank-stabilised LoRA is refused with the settings that say the same', () => {
    const { config, tensors } = readAdapter(PEFT)
    const files = adapterFiles(config, tensors)
    const json = JSON.parse(String(files['adapter_config.json']))
    writeFolderAtomic(join(folder, 'rs'), {
      ...files,
      'adapter_config.json': JSON.stringify({ ...json, use_rslora: true }),
    })
    expect(() => readAdapter(join(folder, 'rs'))).toThrowError(
      expect.objectContaining({ hint: expect.stringContaining('"use_rslora": false and "lora_alpha": 16.') }),
    )
  })

  test.each([Number.NaN, Number.NEGATIVE_INFINITY])('with a value of %d is refused with its place', (value) => {
    const { config, tensors } = readAdapter(PEFT)
    const [[name, { dims, data }]] = [...tensors] as [[string, FloatTensor]]
    const files = adapterFiles(
      config,
      new Map([...tensors, [name, { dims, data: data.map((x, i) => (i === 3 ? value : x)) }]]),
    )
    writeFolderAtomic(join(folder, 'nan'), files)
    expect(() => readAdapter(join(folder, 'nan'))).toThrowError(`tensor ${name} holds ${value} at index 3`)
  })

  test.each([
    'base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight',
    'model.layers.0.self_attn.q_proj.lora_A.weight',
    'base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight',
  ])('with a tensor named %s is refused, with the name that is expected', (name) => {
    const { config, tensors } = readAdapter(PEFT)
    const files = adapterFiles(config, tensors)
    const renamed = new Map([...tensors].map(([each, tensor], i) => [i === 0 ? name : each, tensor]))
    writeFolderAtomic(join(folder, 'name'), { ...files, 'adapter_model.safetensors': encodeSafetensors(renamed) })
    expect(() => readAdapter(join(folder, 'name'))).toThrowError(
      expect.objectContaining({ hint: expect.stringContaining('layers.0.self_attn.q_proj.lora_A.weight, as') }),
    )
  })

  test('with half of a pair is refused', () => {
    const { config, tensors } = readAdapter(PEFT)
    const [first] = tensors.keys()
    const rest = new Map([...tensors].filter(([name]) => name !== first))
    writeFolderAtomic(join(folder, 'c'), adapterFiles(config, rest))
    expect(() => readAdapter(join(folder, 'c'))).toThrowError(/beside it/)
  })
})
