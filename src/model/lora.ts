/**
 * @file Low-rank adapters beside frozen linear layers: y = x W' + (alpha / r) (x A') B'. Knows no layer by name but the seven of the
 * Llama family, and no optimiser. Source: Hu et al. 2021 (arXiv 2106.09685); names, shapes and initial values as in PEFT.
 * Deviation: with dropout, the modules that read the same input share one mask, so that a step needs four masks a layer, not seven.
 */

import { createRandom } from '../base/index.js'
import { add, concat, type Graph, matmul, mul, slice, type Value } from '../engine/index.js'
import type { DecoderConfig } from './config.js'

/** The linear layers that can carry an adapter, by PEFT's names. */
export const loraModules = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
export type LoraModule = (typeof loraModules)[number]

/** What an adapter is made of; `alpha / rank` is its factor, `dropout` in [0, 1) acts on its input while training. */
export interface LoraSettings {
  readonly rank: number
  readonly alpha: number
  readonly dropout: number
  readonly targetModules: readonly string[]
  /**
   * Indices of the layers that carry the adapter, default all. With the upper half alone, the backward pass ends in the middle: a step
   * costs a quarter less.
   */
  readonly layers?: readonly number[] | undefined
}

/** One array of an adapter: A is (r, in), B is (out, r), float32. */
export interface Parameter {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

/** Parameters by name: `model.layers.0.self_attn.q_proj.lora_A.weight` (r, in), `...lora_B.weight` (out, r). */
export type AdapterParameters = ReadonlyMap<string, Parameter>

/** The names and shapes of all parameters of an adapter, layer by layer. */
export function loraShapes(config: DecoderConfig, settings: LoraSettings): Map<string, readonly [number, number]> {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headSize } = config
  const sizes: Readonly<Record<LoraModule, readonly [string, number, number]>> = {
    q_proj: ['self_attn', hiddenSize, heads * headSize],
    k_proj: ['self_attn', hiddenSize, keyValueHeads * headSize],
    v_proj: ['self_attn', hiddenSize, keyValueHeads * headSize],
    o_proj: ['self_attn', heads * headSize, hiddenSize],
    gate_proj: ['mlp', hiddenSize, intermediateSize],
    up_proj: ['mlp', hiddenSize, intermediateSize],
    down_proj: ['mlp', intermediateSize, hiddenSize],
  }
  const shapes = new Map<string, readonly [number, number]>()
  for (let layer = 0; layer < config.layers; layer++) {
    if (settings.layers && !settings.layers.includes(layer)) continue
    for (const module of loraModules.filter((each) => settings.targetModules.includes(each))) {
      const [part, input, output] = sizes[module]
      shapes.set(`model.layers.${layer}.${part}.${module}.lora_A.weight`, [settings.rank, input])
      shapes.set(`model.layers.${layer}.${part}.${module}.lora_B.weight`, [output, settings.rank])
    }
  }
  return shapes
}

/** A new adapter: A uniform in +-1/sqrt(in) (Kaiming with a = sqrt(5), as PEFT), a function of the seed and the name; B zero. */
export function createLora(config: DecoderConfig, settings: LoraSettings, seed: number): Map<string, Parameter> {
  const parameters = new Map<string, Parameter>()
  for (const [name, dims] of loraShapes(config, settings)) {
    const data = new Float32Array(dims[0] * dims[1])
    if (name.includes('lora_A')) {
      const random = createRandom(seed, 'lora', name)
      const bound = 1 / Math.sqrt(dims[1])
      for (let i = 0; i < data.length; i++) data[i] = (2 * random.float() - 1) * bound
    }
    parameters.set(name, { dims, data })
  }
  return parameters
}

/** The adapter's side of a graph: adds its low-rank term to the output of a frozen linear layer. */
export interface LoraBranch {
  /**
   * The outputs (S, out) of linear layers that read the same x (S, in), each plus the adapter of the layer of this name; those without one
   * as they are. Products with x, and their gradients, are made for all at once: thin ones take as long as wide ones.
   */
  extend(outputs: ReadonlyMap<string, Value>, x: Value): Value[]
  /** The parameters that were put into the graph. */
  readonly parameters: ReadonlyMap<string, Value>
  /** Inputs to be fed with dropout masks, 0 or 1 / (1 - dropout); empty without dropout. */
  masks(): Value[]
}

/** Declares an adapter's parameters as inputs of a graph. Masks are declared only with `dropout`. */
export function loraBranch(graph: Graph, config: DecoderConfig, settings: LoraSettings, dropout: boolean): LoraBranch {
  const shapes = loraShapes(config, settings)
  const parameters = new Map<string, Value>()
  const masks = new Map<number, Value>() // by the value that they are laid on
  const dropped = (name: string, x: Value): Value => {
    if (!dropout || settings.dropout === 0) return x
    const mask = masks.get(x.id) ?? graph.input(`dropout.${name}`, 'float32', x.shape)
    masks.set(x.id, mask)
    return mul(x, mask)
  }
  const declare = (name: string): Value => {
    const value = graph.parameter(name, shapes.get(name)!)
    parameters.set(name, value)
    return value
  }
  return {
    parameters,
    masks: () => [...masks.values()],
    extend(outputs, x) {
      const names = [...outputs.keys()].filter((name) => shapes.has(`${name}.lora_A.weight`))
      if (names.length === 0) return [...outputs.values()]
      const down = concat(
        names.map((name) => declare(`${name}.lora_A.weight`)),
        0,
      ) // (n r, in)
      const low = matmul(dropped(names[0]!, x), down, { transposeB: true }) // (S, n r)
      const scale = settings.alpha / settings.rank
      return [...outputs].map(([name, y]) => {
        const at = names.indexOf(name) * settings.rank
        if (at < 0) return y
        const own = slice(low, 1, at, at + settings.rank)
        return add(y, matmul(own, declare(`${name}.lora_B.weight`), { transposeB: true, scale }))
      })
    },
  }
}
