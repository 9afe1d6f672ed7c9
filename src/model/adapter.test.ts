import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { encodeSafetensors } from '../formats/index.js'
import { loadAdapter } from './adapter.js'
import { adapterFiles, readAdapter } from './adapter-files.js'
import { createLora } from './lora.js'
import { openModel } from './open-model.js'

const { config: model } = (await openModel('test/fixtures/tiny-llama')).weights

/** An adapter of the tiny Llama in the form that PEFT saves, with settings of PEFT 0.21 and changes to them. */
function adapterFolder(modules: readonly string[], changes: Readonly<Record<string, unknown>>, layers?: number[]) {
  const settings = { rank: 4, alpha: 8, dropout: 0, targetModules: modules, layers }
  const parameters = createLora(model, settings, 1)
  const prefixed = new Map([...parameters].map(([name, each]) => [`base_model.model.${name}`, each]))
  const files = adapterFiles({ ...settings, baseModel: 'tiny-llama' }, prefixed)
  const json = JSON.parse(String(files['adapter_config.json']))
  const written = { ...json, ...newerSettings, layers_to_transform: null, ...changes }
  return temporaryFolder({
    'adapter_config.json': JSON.stringify(written),
    'adapter_model.safetensors': files['adapter_model.safetensors']!,
  })
}

/** What PEFT writes besides, at the values that change nothing. */
const newerSettings = {
  alora_invocation_tokens: null,
  alpha_pattern: {},
  auto_mapping: { base_model_class: 'LlamaForCausalLM' },
  ensure_weight_tying: false,
  layer_replication: null,
  loftq_config: {},
  megatron_core: 'megatron.core',
  peft_version: '0.21.2',
  qalora_group_size: 16,
  rank_pattern: {},
  use_bdlora: null,
  use_qalora: false,
}

test.each([
  [{ target_modules: ['q_proj', 'v_proj'] }],
  [{ target_modules: ['v_proj', 'self_attn.q_proj'] }],
  [{ target_modules: '.*(q_proj|v_proj)$' }],
  [{ target_modules: 'model\\.layers\\.\\d+\\.self_attn\\.[qv]_proj' }],
  [{ target_modules: ['q_proj', 'v_proj'], init_lora_weights: 'gaussian', lora_alpha: 8 }],
])('%j is read as the adapter of q and v in all layers', (changes) => {
  const { config, parameters } = loadAdapter(adapterFolder(['q_proj', 'v_proj'], changes), model)
  expect(config).toMatchObject({ rank: 4, alpha: 8, targetModules: ['q_proj', 'v_proj'], layers: undefined })
  expect(parameters.size).toBe(8)
})

test('"all-linear" means all seven modules of a layer', () => {
  const all = ['down_proj', 'gate_proj', 'k_proj', 'o_proj', 'q_proj', 'up_proj', 'v_proj']
  const { config, parameters } = loadAdapter(adapterFolder(all, { target_modules: 'all-linear' }), model)
  expect(config.targetModules).toEqual(all)
  expect(parameters.size).toBe(28)
})

test('an expression for one layer is read as that layer', () => {
  const folder = adapterFolder(['q_proj'], { target_modules: 'model.layers.1.self_attn.q_proj' }, [1])
  expect(loadAdapter(folder, model).config).toMatchObject({ targetModules: ['q_proj'], layers: [1] })
})

test.each(['all-linear', '.*_proj'])(
  '%s that means more than the file has is refused with a list to write',
  (targets) => {
    const folder = adapterFolder(['q_proj', 'v_proj'], { target_modules: targets })
    expect(() => loadAdapter(folder, model)).toThrowError(
      expect.objectContaining({
        code: 'format',
        message: expect.stringContaining('means model.layers.0.self_attn.k_proj too, which has no tensor'),
        hint: expect.stringContaining('"target_modules": ["q_proj","v_proj"]'),
      }),
    )
  },
)

test('an expression that means other modules in each layer is refused', () => {
  const targets = 'model.layers.0.self_attn.q_proj|model.layers.1.self_attn.v_proj'
  const more = adapterFolder(['q_proj', 'v_proj'], { target_modules: targets })
  expect(() => loadAdapter(more, model)).toThrow(/is of no target module/)
  const tensors = readAdapter(adapterFolder(['q_proj', 'v_proj'], {})).tensors
  const exact = [...tensors].filter(([name]) => new RegExp(targets).test(name))
  const folder = temporaryFolder({
    'adapter_config.json': readFileSync(join(more, 'adapter_config.json')),
    'adapter_model.safetensors': encodeSafetensors(new Map(exact)),
  })
  expect(() => loadAdapter(folder, model)).toThrow(/means other modules in one layer than in another/)
})

test.each([
  ['pissa', { init_lora_weights: 'pissa' }, /path_initial_model_for_weight_conversion/],
  ['olora', { init_lora_weights: 'olora' }, /path_initial_model_for_weight_conversion/],
  ['loftq', { init_lora_weights: 'loftq', loftq_config: { loftq_bits: 4 } }, /path_initial_model/],
  ['alora', { alora_invocation_tokens: [5, 6] }, /merge_and_unload/],
  ['bdlora', { use_bdlora: true }, /merge_and_unload/],
  ['qalora', { use_qalora: true }, /merge_and_unload/],
  [
    'layer replication',
    {
      layer_replication: [
        [0, 2],
        [1, 2],
      ],
    },
    /merge_and_unload/,
  ],
  ['a bias', { bias: 'lora_only' }, /merge_and_unload/],
])('an adapter of %s is refused by the name of its setting', (_, changes, hint) => {
  const folder = adapterFolder(['q_proj', 'v_proj'], changes)
  expect(() => loadAdapter(folder, model)).toThrowError(
    expect.objectContaining({
      message: expect.stringContaining(`${join(folder, 'adapter_config.json')}: "${Object.keys(changes)[0]}" is `),
      hint: expect.stringMatching(hint),
    }),
  )
})
