/**
 * @file A trained adapter in memory, and its way to PEFT's files and back. Knows no graph. Deviation from the files: names inside have no
 * `base_model.model.` before them, and what is no LoRA matrix (`evidence.weight`) does not go into PEFT's files.
 */

import { AdaptRecError } from '../base/index.js'
import { shown } from '../formats/index.js'
import { type AdapterConfig, adapterFiles, readAdapter } from './adapter-files.js'
import type { DecoderConfig } from './config.js'
import { arePlain, selectModules, type Targets } from './files/target-modules.js'
import { type AdapterParameters, loraModules, loraShapes, type Parameter } from './lora.js'

const PREFIX = 'base_model.model.'

/** Low-rank matrices beside a model's frozen layers; parameters may be live, as a trainer's are. */
export interface Adapter {
  readonly config: AdapterConfig
  readonly parameters: AdapterParameters
  /** Where its PEFT files lie, for a server that reads them by itself; absent for one that is only in memory. */
  readonly folder?: string | undefined
}

/** The adapter in a PEFT folder, held against the model. @throws AdaptRecError `format` for missing, misshapen or further matrices. */
export function loadAdapter(folder: string, model: DecoderConfig): Adapter {
  const { targets, tensors, ...files } = readAdapter(folder)
  const config = { ...files.config, ...layersOf(files.config, model) }
  const shapes = loraShapes(model, config)
  if (!arePlain(targets)) requireSelected(folder, targets, model, new Set(shapes.keys()), new Set(tensors.keys()))
  const parameters = new Map<string, Parameter>()
  for (const [name, dims] of shapes) {
    const found = tensors.get(PREFIX + name)
    if (found?.dims.join() !== dims.join()) {
      const got = found ? `has shape (${found.dims.join(', ')})` : 'is missing'
      throw new AdaptRecError('format', `${folder}: ${PREFIX}${name} ${got}; expected (${dims.join(', ')}).`, {
        hint: `The adapter was made for ${config.baseModel || 'another model'}: open that model with it.`,
      })
    }
    parameters.set(name, found)
  }
  const foreign = [...tensors.keys()].find((name) => !shapes.has(name.slice(PREFIX.length)))
  if (foreign !== undefined) {
    throw new AdaptRecError('format', `${folder}: the model has no place for ${foreign}.`, {
      hint: `The adapter was made for ${config.baseModel || 'another model'}: open that model with it.`,
    })
  }
  return { config, parameters, folder }
}

/** The adapter in a PEFT folder for a model that is not here: whoever computes with it holds it against the model. @throws AdaptRecError `format`. */
export function adapterIn(folder: string): Adapter {
  const { config, tensors } = readAdapter(folder)
  const parameters = new Map([...tensors].map(([name, tensor]) => [name.slice(PREFIX.length), tensor]))
  return { config, parameters, folder }
}

/** The layers of an adapter as its config names them: none where it is all of the model's. */
function layersOf({ layers }: AdapterConfig, model: DecoderConfig): Pick<AdapterConfig, 'layers'> {
  const there = layers?.filter((layer) => layer < model.layers)
  return { layers: there && there.length < model.layers ? there : undefined }
}

/** Holds what an expression selects of the model against what the file has, as PEFT would make and then fill it. */
function requireSelected(
  folder: string,
  targets: Targets,
  model: DecoderConfig,
  shapes: ReadonlySet<string>,
  tensors: ReadonlySet<string>,
): void {
  const every = [...loraShapes(model, { rank: 1, alpha: 1, dropout: 0, targetModules: loraModules }).keys()]
  const modules = every
    .filter((name) => name.endsWith('.lora_A.weight'))
    .map((name) => name.replace(/\.lora_A\.weight$/, ''))
  const selected = new Set(selectModules(folder, targets, modules))
  for (const module of modules) {
    const isThere = tensors.has(`${PREFIX}${module}.lora_A.weight`)
    if (selected.has(module) && !isThere) {
      const held = [...new Set([...tensors].map((name) => name.split('.').at(-3)))].sort()
      throw new AdaptRecError(
        'format',
        `${folder}: target_modules ${shown(targets)} means ${module} too, which has no tensor.`,
        {
          hint: `If the adapter is whole, write "target_modules": ${JSON.stringify(held)} into its adapter_config.json.`,
        },
      )
    }
    if (!selected.has(module) && shapes.has(`${module}.lora_A.weight`)) {
      throw new AdaptRecError(
        'format',
        `${folder}: target_modules ${shown(targets)} means other modules in one layer than in another.`,
        {
          hint: 'Merge it into its model with PEFT (merge_and_unload) and open that model.',
        },
      )
    }
  }
}

/** The PEFT files of an adapter by name, for a folder that is written atomically. */
export function filesOfAdapter({ config, parameters }: Adapter): Record<string, Uint8Array | string> {
  const matrices = [...parameters].filter(([name]) => name.includes('.lora_'))
  return adapterFiles(config, new Map(matrices.map(([name, parameter]) => [PREFIX + name, parameter])))
}
