/**
 * @file LoRA adapters in PEFT's form: adapter_config.json and adapter_model.safetensors, read and written.
 * Refuses to know the model; whoever applies an adapter compares its shapes. Source: PEFT, developer_guides/checkpoint.
 * Deviations: as in files/adapter-settings.ts, which kinds of adapter are read.
 */

import { join } from 'node:path'
import {
  encodeSafetensors,
  type FloatTensor,
  formatError,
  loadFloats,
  readSafetensorsHeader,
  shown,
  withBytes,
} from '../formats/index.js'
import { readAdapterSettings } from './files/adapter-settings.js'
import { arePlain, selectModules, type Targets } from './files/target-modules.js'

const CONFIG = 'adapter_config.json'
const TENSORS = 'adapter_model.safetensors'
const EXAMPLE = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight'
const KEY = /^base_model\.model\.(model\.layers\.\d{1,5}\.(self_attn|mlp)\.\w+)\.lora_([AB])\.weight$/

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
  /** Of an expression or "all-linear", the modules and layers that the file has. */
  readonly config: AdapterConfig
  /** `target_modules` as it is written: what of a model should be there. */
  readonly targets: Targets
  readonly tensors: ReadonlyMap<string, FloatTensor>
}

/** Reads an adapter folder. @throws AdaptRecError `format` for a damaged file, a kind that is not plain LoRA, or ranks that do not match. */
export function readAdapter(folder: string): AdapterFiles {
  const { targets, ...settings } = readAdapterSettings(join(folder, CONFIG))
  const path = join(folder, TENSORS)
  const tensors = withBytes(path, (source) => {
    const loaded = new Map<string, FloatTensor>()
    for (const [name, extent] of readSafetensorsHeader(source)) {
      checkShape(path, settings.rank, name, extent.dims)
      loaded.set(name, loadFloats(source, extent))
    }
    return loaded
  })
  if (tensors.size === 0) throw formatError(path, 'it holds no tensor.')
  for (const name of tensors.keys()) {
    const other = name.replace(/lora_[AB]/, (half) => (half === 'lora_A' ? 'lora_B' : 'lora_A'))
    if (!tensors.has(other)) throw formatError(path, `${name} has no ${other} beside it.`)
  }
  const modules = [...new Set([...tensors.keys()].map((name) => KEY.exec(name)![1]!))]
  const selected = new Set(selectModules(folder, targets, modules))
  const foreign = modules.find((module) => !selected.has(module))
  if (foreign !== undefined)
    throw formatError(path, `${foreign} is of no target module (${[targets].flat().join(', ')}).`)
  const targetModules = arePlain(targets) ? targets : distinct(modules.map((module) => module.split('.').at(-1)!))
  const layers = arePlain(targets) ? settings.layers : distinct(modules.map((module) => Number(module.split('.')[2])))
  return { config: { ...settings, targetModules, ...(layers ? { layers } : {}) }, targets, tensors }
}

/** The files of an adapter by name, for writeFolderAtomic; keys and shapes as in AdapterFiles. */
export function adapterFiles(
  config: AdapterConfig,
  tensors: ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>,
): Record<string, Uint8Array | string> {
  for (const [name, { dims }] of tensors) checkShape(TENSORS, config.rank, name, dims)
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

function checkShape(path: string, rank: number, name: string, dims: readonly number[]): void {
  const half = KEY.exec(name)?.[3]
  if (half === undefined) {
    throw formatError(
      path,
      `${shown(name, 120)} is no tensor of a LoRA adapter for a decoder.`,
      `Save it with PEFT's save_pretrained from a model of the Llama family; it names them like ${EXAMPLE}, as this reads them.`,
    )
  }
  if (dims.length !== 2 || dims[half === 'A' ? 0 : 1] !== rank) {
    throw formatError(path, `${name} has shape ${dims.join(' x ')}, which does not fit rank ${rank}.`)
  }
}

function distinct<T extends string | number>(values: readonly T[]): T[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : 1))
}
