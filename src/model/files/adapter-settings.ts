/**
 * @file adapter_config.json: the settings that are understood, and an allow-list of all others with the values at which they change nothing.
 * A setting that is not listed is refused by name unless it is empty: PEFT gets new ones that change what the tensors mean.
 * Source: PEFT's LoraConfig, up to 0.21. Deviation: one rank and alpha for all modules.
 */

import { type ConfigReader, formatError, readerOf, readJsonObject, shown } from '../../formats/index.js'
import { readTargets, type Targets } from './target-modules.js'

/** What the file says of the adapter. */
export interface AdapterSettings {
  readonly rank: number
  readonly alpha: number
  readonly dropout: number
  readonly targets: Targets
  readonly layers?: readonly number[]
  readonly baseModel: string
}

const understood = new Set([
  'r',
  'lora_alpha',
  'lora_dropout',
  'target_modules',
  'layers_to_transform',
  'base_model_name_or_path',
])

/** Values that change nothing, besides the empty ones; a setting that acts only in training or through others may have any. */
const neutral: Readonly<Record<string, readonly string[] | 'any'>> = {
  peft_type: ['"LORA"'],
  task_type: ['"CAUSAL_LM"'],
  bias: ['"none"'],
  layers_pattern: ['"layers"', '["layers"]'],
  init_lora_weights: ['true', '"gaussian"', '"orthogonal"', '"eva"'], // the others change the model's own weights
  eva_config: 'any',
  inference_mode: 'any',
  auto_mapping: 'any',
  revision: 'any',
  peft_version: 'any',
  megatron_core: 'any',
  qalora_group_size: 'any',
}

const MOST_LAYERS = 65536
const MERGE =
  'Merge it into its model with PEFT (merge_and_unload) and open that model, or train it again as plain LoRA.'
const CONVERT =
  "It belongs to weights that its start has changed: save it again with PEFT's path_initial_model_for_weight_conversion, or merge it."

/** Reads adapter_config.json. @throws AdaptRecError `format` for a kind that is not plain LoRA, or an impossible value. */
export function readAdapterSettings(path: string): AdapterSettings {
  const json = readJsonObject(path)
  const read = readerOf(path, (key) => json[key] ?? undefined)
  if (read.text('peft_type', 'none') !== 'LORA') throw refused(path, 'peft_type', json.peft_type ?? null, MERGE)
  for (const [key, value] of Object.entries(json)) {
    if (!understood.has(key) && !isNeutral(key, value)) throw refused(path, key, value, hintFor(key, read))
  }
  const rank = read.count('r')
  const alpha = read.number('lora_alpha')
  if (!Number.isFinite(Math.fround(alpha / rank)))
    throw formatError(path, `"lora_alpha" is ${alpha} with rank ${rank}; expected a finite factor.`)
  const dropout = read.number('lora_dropout', 0)
  if (!(dropout >= 0 && dropout < 1)) throw formatError(path, `"lora_dropout" is ${dropout}; expected 0 to below 1.`)
  const targets = readTargets(path, json.target_modules)
  const layers = readLayers(path, json.layers_to_transform)
  if (layers && typeof targets === 'string')
    throw formatError(path, '"layers_to_transform" goes with a list of target_modules alone, as in PEFT.')
  return {
    rank,
    alpha,
    dropout,
    targets,
    ...(layers ? { layers } : {}),
    baseModel: read.text('base_model_name_or_path', ''),
  }
}

/** One number stands for a list of one; nothing or an empty list for all layers. */
function readLayers(path: string, value: unknown): number[] | undefined {
  const layers = [...new Set<unknown>([value ?? []].flat())]
  if (layers.length === 0) return undefined
  const isLayer = (each: unknown): each is number =>
    Number.isInteger(each) && Number(each) >= 0 && Number(each) < MOST_LAYERS
  if (layers.every(isLayer)) return layers
  throw formatError(path, `"layers_to_transform" is ${shown(value)}; expected indices of layers.`)
}

function isNeutral(key: string, value: unknown): boolean {
  if (isEmpty(value)) return true
  const values = Object.hasOwn(neutral, key) ? neutral[key]! : []
  return values === 'any' || values.includes(shown(value))
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === null || value === false || value === ''
}

function refused(path: string, key: string, value: unknown, hint: string) {
  return formatError(path, `"${shownKey(key)}" is ${shown(value)}, which is not supported; plain LoRA is.`, hint)
}

function shownKey(key: string): string {
  return shown(key).slice(1, -1)
}

function hintFor(key: string, read: ConfigReader): string {
  if (key === 'init_lora_weights') return CONVERT
  if (key !== 'use_rslora') return MERGE
  const alpha = read.number('lora_alpha') * Math.sqrt(read.count('r'))
  return `The same adapter as plain LoRA: "use_rslora": false and "lora_alpha": ${alpha}.`
}
