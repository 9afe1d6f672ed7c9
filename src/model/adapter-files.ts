/**
 * @file LoRA adapters in PEFT's form: adapter_config.json and adapter_model.safetensors, read and written.
 * Refuses to know the model; whoever applies an adapter compares its shapes. Source: PEFT, developer_guides/checkpoint.
 * Deviations: one rank and alpha for all modules; DoRA, rsLoRA, biases, saved modules and per-module patterns are refused.
 */

import { join } from 'node:path'
import {
  encodeSafetensors,
  type FloatTensor,
  formatError,
  loadFloats,
  readerOf,
  readJsonObject,
  readSafetensorsHeader,
  withBytes,
} from '../formats/index.js'

const CONFIG = 'adapter_config.json'
const TENSORS = 'adapter_model.safetensors'
const KEY = /^base_model\.model\.(model\.layers\.\d+\.(?:self_attn|mlp)\.(\w+))\.lora_([AB])\.weight$/

/** The settings of a LoRA adapter: its update of a weight is alpha / rank * B A. */
export interface AdapterConfig {
  readonly rank: number
  readonly alpha: number
  /** Share of inputs dropped in training, in [0, 1). */
  readonly dropout: number
  /** Last parts of module names, sorted when read: `q_proj`, `v_proj` ... */
  readonly targetModules: readonly string[]
  /** Indices of the layers that carry it, PEFT's `layers_to_transform`; absent for all. */
  readonly layers?: readonly number[] | undefined
  /** Name or path of the model that it belongs to. */
  readonly baseModel: string
}

/** An adapter on disk; keys as in PEFT, `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight` (rank, in), `...lora_B.weight` (out, rank). */
export interface AdapterFiles {
  readonly config: AdapterConfig
  readonly tensors: ReadonlyMap<string, FloatTensor>
}

/** Reads an adapter folder. @throws AdaptRecError `format` for a damaged file, a kind that is not plain LoRA, or ranks that do not match. */
export function readAdapter(folder: string): AdapterFiles {
  const config = readConfig(join(folder, CONFIG))
  const path = join(folder, TENSORS)
  const tensors = withBytes(path, (source) => {
    const loaded = new Map<string, FloatTensor>()
    for (const [name, extent] of readSafetensorsHeader(source)) {
      checkTensor(path, config, name, extent.dims)
      loaded.set(name, loadFloats(source, extent))
    }
    return loaded
  })
  if (tensors.size === 0) throw formatError(path, 'it holds no tensor.')
  for (const name of tensors.keys()) {
    const other = name.replace(/lora_[AB]/, (half) => (half === 'lora_A' ? 'lora_B' : 'lora_A'))
    if (!tensors.has(other)) throw formatError(path, `${name} has no ${other} beside it.`)
  }
  return { config, tensors }
}

/** The files of an adapter by name, for writeFolderAtomic; keys and shapes as in AdapterFiles. */
export function adapterFiles(
  config: AdapterConfig,
  tensors: ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>,
): Record<string, Uint8Array | string> {
  for (const [name, { dims }] of tensors) checkTensor(TENSORS, config, name, dims)
  const json = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: config.baseModel,
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    target_modules: [...config.targetModules].sort(),
    layers_to_transform: config.layers ?? null,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    modules_to_save: null,
    use_dora: false,
    use_rslora: false,
  }
  return { [CONFIG]: `${JSON.stringify(json, null, 2)}\n`, [TENSORS]: encodeSafetensors(tensors) }
}

function readConfig(path: string): AdapterConfig {
  const json = readJsonObject(path)
  const read = readerOf(path, (key) => json[key] ?? undefined)
  const refuse = (what: string) => {
    throw formatError(
      path,
      `${what} is not supported; plain LoRA is.`,
      'Train the adapter again as plain LoRA, or merge it.',
    )
  }
  if (read.text('peft_type', 'none') !== 'LORA') refuse(`peft_type "${json.peft_type}"`)
  if (read.text('bias', 'none') !== 'none') refuse(`bias "${json.bias}"`)
  for (const key of ['use_dora', 'use_rslora', 'fan_in_fan_out', 'lora_bias']) if (read.flag(key, false)) refuse(key)
  for (const key of [
    'modules_to_save',
    'rank_pattern',
    'alpha_pattern',
    'target_parameters',
    'trainable_token_indices',
  ]) {
    if (!isEmpty(json[key])) refuse(key)
  }
  const targets = json.target_modules
  if (!Array.isArray(targets) || !targets.every((each) => typeof each === 'string' && /^\w+$/.test(each))) {
    throw formatError(path, `"target_modules" is ${JSON.stringify(targets)}; expected a list of module names.`)
  }
  const layers: unknown[] = [json.layers_to_transform ?? []].flat() // one number stands for a list of one
  if (!layers.every((each): each is number => Number.isSafeInteger(each) && Number(each) >= 0)) {
    throw formatError(path, `"layers_to_transform" is ${JSON.stringify(layers)}; expected indices of layers.`)
  }
  const dropout = read.number('lora_dropout', 0)
  if (!(dropout >= 0 && dropout < 1)) throw formatError(path, `"lora_dropout" is ${dropout}; expected 0 to below 1.`)
  return {
    rank: read.count('r'),
    alpha: read.number('lora_alpha'),
    dropout,
    targetModules: [...(targets as string[])].sort(),
    ...(layers.length > 0 ? { layers } : {}),
    baseModel: read.text('base_model_name_or_path', ''),
  }
}

function checkTensor(
  path: string,
  { rank, targetModules }: AdapterConfig,
  name: string,
  dims: readonly number[],
): void {
  const [, , module, half] = KEY.exec(name) ?? []
  if (module === undefined) throw formatError(path, `${name} is no tensor of a LoRA adapter for a decoder.`)
  if (!targetModules.includes(module))
    throw formatError(path, `${name} is of no target module (${targetModules.join(', ')}).`)
  if (dims.length !== 2 || dims[half === 'A' ? 0 : 1] !== rank) {
    throw formatError(path, `${name} has shape ${dims.join(' x ')}, which does not fit rank ${rank}.`)
  }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}
