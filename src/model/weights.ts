/**
 * @file The weights of a decoder by their Hugging Face names, whatever file they lie in; one tensor is held as floats at a time.
 * Refuses to know the forward pass. The rows of q and k, which llama.cpp's converter interleaves for `llama` files, are put back,
 * so that RoPE is everywhere the rotation of two halves.
 */

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  type ByteSource,
  type FloatTensor,
  formatError,
  type GgufHeader,
  loadFloats,
  plainNumber,
  readJsonObject,
  readSafetensorsHeader,
  shown,
  type TensorExtent,
  withBytes,
} from '../formats/index.js'
import { configFromGguf, configFromHuggingFace, type DecoderConfig, MOST_HEAD_SIZE } from './config.js'
import { countLayers, ggufNameOf, listTensors } from './files/tensor-names.js'

/** The tensors of one decoder; all of `names()` are there, with the shapes that the config asks for. */
export interface Weights {
  readonly config: DecoderConfig
  /** Hugging Face names in the order of the forward pass: `model.embed_tokens.weight`, `model.layers.0.self_attn.q_proj.weight` ... */
  names(): string[]
  /** Reads one tensor; linear weights are (out, in). @throws AdaptRecError `format` for an unknown name or a changed file. */
  load(name: string): FloatTensor
}

interface Stored {
  readonly path: string
  readonly extent: TensorExtent
}

/** The weights in a GGUF file whose header is read. @throws AdaptRecError `format` for missing or misshapen tensors. */
export function weightsFromGguf(source: ByteSource, header: GgufHeader): Weights {
  const { path } = source
  refusePart(path, header)
  const embedding = header.tensors.get('token_embd.weight')
  if (!embedding) throw formatError(path, 'tensor token_embd.weight is missing.', 'Give the file of a language model.')
  const divisors = header.tensors.get('rope_freqs.weight')
  if (divisors && (divisors.dims.length > 1 || divisors.dims[0]! > MOST_HEAD_SIZE / 2))
    throw formatError(path, `rope_freqs.weight has shape ${divisors.dims.join(' x ')}; expected half a head.`)
  const config = configFromGguf(path, header.metadata, {
    embeddingRows: embedding.dims[0]!,
    hasOutput: header.tensors.has('output.weight'),
    ...(divisors ? { ropeDivisors: [...loadFloats(source, divisors).data] } : {}),
  })
  const weights = weightsOf(config, path, header.tensors.keys(), (name) => {
    const extent = header.tensors.get(ggufNameOf(name))
    return extent && { path, extent }
  })
  if (config.architecture !== 'llama') return weights
  return {
    ...weights,
    load: (name) => {
      const tensor = weights.load(name)
      if (name.endsWith('self_attn.q_proj.weight')) return separateHalves(tensor, config.heads)
      if (name.endsWith('self_attn.k_proj.weight')) return separateHalves(tensor, config.keyValueHeads)
      return tensor
    },
  }
}

/** The weights in a Hugging Face folder: model.safetensors, or the shards of model.safetensors.index.json. @throws AdaptRecError `format`. */
export function weightsFromFolder(folder: string): Weights {
  const configPath = join(folder, 'config.json')
  const config = configFromHuggingFace(configPath, readJsonObject(configPath))
  const stored = new Map<string, Stored>()
  for (const file of weightFiles(folder)) {
    const path = join(folder, file)
    for (const [name, extent] of withBytes(path, readSafetensorsHeader)) {
      if (stored.has(name)) throw formatError(path, `tensor ${name} stands in two shards.`)
      stored.set(name, { path, extent })
    }
  }
  return weightsOf(config, folder, stored.keys(), (name) => stored.get(name))
}

function weightsOf(
  config: DecoderConfig,
  path: string,
  names: Iterable<string>,
  find: (name: string) => Stored | undefined,
): Weights {
  const layers = countLayers(names)
  if (config.layers !== layers)
    throw formatError(path, `its config asks for ${config.layers} layers; its tensors are of ${layers}.`)
  const shapes = new Map<string, number[]>()
  for (const [name, dims] of listTensors(config)) {
    shapes.set(name, dims)
    const found = find(name)?.extent
    if (!found) throw formatError(path, `tensor ${name} is missing.`)
    if (found.dims.join() !== dims.join()) {
      throw formatError(
        path,
        `tensor ${found.name} has shape ${found.dims.join(' x ')}; its config asks for ${dims.join(' x ')}.`,
      )
    }
  }
  return {
    config,
    names: () => [...shapes.keys()],
    load: (name) => {
      const stored = shapes.has(name) ? find(name) : undefined
      if (!stored)
        throw formatError(path, `it has no tensor ${name}.`, `Ask for one of names(), like ${[...shapes.keys()][0]}.`)
      return withBytes(stored.path, (source) => loadFloats(source, stored.extent))
    },
  }
}

/** Refuses one part of a split file, in words that say how to get the whole. Source: llama.cpp's gguf-split. */
function refusePart(path: string, { metadata }: GgufHeader): void {
  const [part, parts] = ['split.no', 'split.count'].map((key) => plainNumber(metadata.get(key)))
  if (typeof parts !== 'number' || parts <= 1) return
  const whole = `${basename(path).replace(/(-\d+-of-\d+)?\.gguf$/, '')}-whole.gguf`
  const first = basename(path).replace(/-\d+(-of-\d+\.gguf)$/, '-00001$1')
  throw formatError(
    path,
    `it is part ${Number(part ?? 0) + 1} of ${parts} of a split GGUF file, and only whole ones are read.`,
    `Join the parts with llama.cpp's tool and give the result: llama-gguf-split --merge ${first} ${whole}`,
  )
}

function weightFiles(folder: string): string[] {
  if (existsSync(join(folder, 'model.safetensors'))) return ['model.safetensors']
  const indexPath = join(folder, 'model.safetensors.index.json')
  if (!existsSync(indexPath)) {
    throw formatError(
      folder,
      'it has neither model.safetensors nor model.safetensors.index.json.',
      'Give a folder with safetensors, or a .gguf file.',
    )
  }
  const map = readJsonObject(indexPath).weight_map
  const files = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : []
  const wrong = files.find((file) => typeof file !== 'string' || !/^[\w.-]+\.safetensors$/.test(file))
  if (files.length === 0 || wrong !== undefined) {
    throw formatError(
      indexPath,
      `its weight_map names ${wrong === undefined ? 'no file' : shown(wrong)}; expected files of this folder.`,
    )
  }
  return files as string[]
}

/** Rows of each head from (pair, half) order back to (half, pair) order. */
function separateHalves({ dims, data }: FloatTensor, heads: number): FloatTensor {
  const [rows, width] = dims as [number, number]
  const headSize = rows / heads
  const half = headSize / 2
  const result = new Float32Array(data.length)
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < headSize; i++) {
      const from = head * headSize + 2 * (i % half) + Math.floor(i / half)
      result.set(data.subarray(from * width, (from + 1) * width), (head * headSize + i) * width)
    }
  }
  return { dims, data: result }
}
