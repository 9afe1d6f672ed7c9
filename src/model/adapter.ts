/**
 * @file A trained adapter in memory, and its way to PEFT's files and back. Knows no graph. Deviation from the files: names inside have no
 * `base_model.model.` before them, and what is no LoRA matrix (`evidence.weight`) does not go into PEFT's files.
 */

import { AdaptRecError } from '../base/index.js'
import { type AdapterConfig, adapterFiles, readAdapter } from './adapter-files.js'
import type { DecoderConfig } from './config.js'
import { loraShapes, type Parameter, type Parameters } from './lora.js'

const PREFIX = 'base_model.model.'

/** Low-rank matrices beside a model's frozen layers; parameters may be live, as a trainer's are. */
export interface Adapter {
  readonly config: AdapterConfig
  readonly parameters: Parameters
}

/** The adapter in a PEFT folder, held against the model. @throws AdaptRecError `format` for missing, misshapen or further matrices. */
export function loadAdapter(folder: string, model: DecoderConfig): Adapter {
  const { config, tensors } = readAdapter(folder)
  const shapes = loraShapes(model, config)
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
  return { config, parameters }
}

/** The PEFT files of an adapter by name, for a folder that is written atomically. */
export function filesOfAdapter({ config, parameters }: Adapter): Record<string, Uint8Array | string> {
  const matrices = [...parameters].filter(([name]) => name.includes('.lora_'))
  return adapterFiles(config, new Map(matrices.map(([name, parameter]) => [PREFIX + name, parameter])))
}
