/**
 * @file A model with an adapter, as files that other programs run: a Hugging Face folder, a GGUF file, or the adapter alone as GGUF. All values are
 * float32, the sums of merging rounded once; whoever wants fewer bits quantises the file. One tensor is in memory at a time.
 */

import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { writeChunksAtomic, writeFileAtomic, writeNewFolder } from '../base/index.js'
import { type FloatTensor, ggufChunks, safetensorsChunks, type TensorToWrite } from '../formats/index.js'
import type { Adapter } from './adapter.js'
import type { DecoderConfig } from './config.js'
import { adapterMetadata, interleaveHalves, interleavesHalves, modelMetadata } from './files/gguf-files.js'
import { huggingFaceFiles } from './files/hugging-face-files.js'
import { ggufNameOf, tensorShapes } from './files/tensor-names.js'
import { mergeAdapter } from './merged-weights.js'
import { readModel } from './open-model.js'
import type { Weights } from './weights.js'

/** What a Hugging Face folder has beside its weights; the first must be there. */
const small = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
]

/**
 * Writes the merged model as a new Hugging Face folder. One that came from such a folder keeps its settings and tokenizer as they are.
 * @throws AdaptRecError `storage` where something is there, `format` for a model that cannot be read or another's adapter.
 */
export function exportAsHuggingFace(modelPath: string, adapter: Adapter, folder: string): Promise<void> {
  const { weights, tokenizerParts, source } = readModel(modelPath)
  const merged = mergeAdapter(weights, adapter)
  return writeNewFolder(folder, async (place) => {
    if (source.format === 'safetensors') {
      for (const name of small.filter((each) => existsSync(join(modelPath, each)))) {
        copyFileSync(join(modelPath, name), join(place, name))
      }
    } else {
      for (const [name, text] of Object.entries(huggingFaceFiles(weights.config, tokenizerParts))) {
        writeFileAtomic(join(place, name), text)
      }
    }
    await writeChunksAtomic(join(place, 'model.safetensors'), safetensorsChunks(tensorsOf(merged)))
  })
}

/** Writes the merged model as one GGUF file. @throws AdaptRecError `format`, `storage`. */
export async function exportAsGguf(modelPath: string, adapter: Adapter, file: string): Promise<void> {
  const { weights, tokenizerParts, source } = readModel(modelPath)
  const { config } = weights
  const merged = mergeAdapter(weights, adapter)
  const tensors = tensorsOf(merged).map((tensor) => underGgufName(config, tensor))
  const metadata = modelMetadata(`${source.name} with an adapter of adaptrec`, config, tokenizerParts)
  await writeChunksAtomic(file, ggufChunks(metadata, [...tensors, ...ropeTensor(config)]))
}

/** Writes the adapter alone as a GGUF file, for the GGUF file of its model. @throws AdaptRecError `format`, `storage`. */
export async function exportAdapterAsGguf(modelPath: string, adapter: Adapter, file: string): Promise<void> {
  const { weights, source } = readModel(modelPath)
  const { config } = weights
  mergeAdapter(weights, adapter) // holds its matrices against the model
  const tensors = [...adapter.parameters]
    .filter(([name]) => name.includes('.lora_'))
    .map(([name, { dims, data }]): TensorToWrite => {
      const [module, half] = name.split('.lora_') as [string, string]
      const tensor = { dims: [...dims], data }
      const isB = half.startsWith('B')
      return {
        name: `${ggufNameOf(`${module}.weight`)}.lora_${isB ? 'b' : 'a'}`,
        dims,
        load: () => (isB ? rowsAsGguf(config, module, tensor) : tensor),
      }
    })
  const metadata = adapterMetadata(`adapter of adaptrec for ${source.name}`, config, adapter.config.alpha)
  await writeChunksAtomic(file, ggufChunks(metadata, tensors))
}

function tensorsOf(weights: Weights): TensorToWrite[] {
  return [...tensorShapes(weights.config)].map(([name, dims]) => ({ name, dims, load: () => weights.load(name) }))
}

function underGgufName(config: DecoderConfig, { name, dims, load }: TensorToWrite): TensorToWrite {
  return {
    name: ggufNameOf(name),
    dims,
    load: () => rowsAsGguf(config, name.replace(/\.weight$/, ''), { dims: [...dims], data: load().data }),
  }
}

/** The rows of q and k as llama.cpp's rotation reads them; all else as it is. */
function rowsAsGguf(config: DecoderConfig, module: string, tensor: FloatTensor): FloatTensor {
  if (!interleavesHalves(config)) return tensor
  if (module.endsWith('.q_proj')) return interleaveHalves(tensor, config.heads)
  if (module.endsWith('.k_proj')) return interleaveHalves(tensor, config.keyValueHeads)
  return tensor
}

function ropeTensor({ ropeDivisors }: DecoderConfig): TensorToWrite[] {
  if (!ropeDivisors) return []
  const data = Float32Array.from(ropeDivisors)
  return [{ name: 'rope_freqs.weight', dims: [data.length], load: () => ({ data }) }]
}
