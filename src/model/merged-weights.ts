/**
 * @file An adapter folded into the weights beside which it was trained: W + (alpha / r) B A, read like any other weights. Refuses to know
 * the forward pass. Source: Hu et al. 2021 (arXiv 2106.09685, section 4.1); PEFT's `merge_and_unload`.
 */

import { AdaptRecError } from '../base/index.js'
import type { Adapter } from './adapter.js'
import { loraShapes, type Parameter } from './lora.js'
import type { Weights } from './weights.js'

/**
 * The weights (out, in) of a model with an adapter folded in. They serve one adapter without its extra products, which a merged model no
 * longer computes, and go to programs that know no adapters. Adapters that change from call to call are better left beside the model: each
 * merged model opens a session with weights of its own. The sums are made in double precision when a tensor is loaded, from the adapter's
 * values at that time, and rounded to float32 once. @throws AdaptRecError `format` for an adapter of another shape.
 */
export function mergeAdapter(weights: Weights, { config, parameters }: Adapter): Weights {
  const matrices = new Map<string, Parameter>()
  for (const [name, dims] of loraShapes(weights.config, config)) {
    const found = parameters.get(name)
    if (found?.dims.join() !== dims.join()) {
      const got = found ? `has shape (${found.dims.join(', ')})` : 'is missing'
      throw new AdaptRecError(
        'format',
        `The adapter cannot be merged: ${name} ${got}; expected (${dims.join(', ')}).`,
        {
          hint: `The adapter was made for ${config.baseModel || 'another model'}: merge it into that model.`,
        },
      )
    }
    matrices.set(name, found)
  }
  return {
    config: weights.config,
    names: () => weights.names(),
    load: (name) => {
      const tensor = weights.load(name)
      const module = name.replace(/\.weight$/, '')
      const [loraA, loraB] = [matrices.get(`${module}.lora_A.weight`), matrices.get(`${module}.lora_B.weight`)]
      if (!loraA || !loraB) return tensor
      return { dims: tensor.dims, data: addProduct(tensor.data, config.alpha / config.rank, loraB, loraA) }
    },
  }
}

/** W (out, in) + scale * B (out, r) A (r, in). */
function addProduct(weight: Float32Array, scale: number, loraB: Parameter, loraA: Parameter): Float32Array {
  const [rank, width] = loraA.dims as [number, number]
  const result = new Float32Array(weight.length)
  const sums = new Float64Array(width)
  for (let start = 0, row = 0; start < weight.length; start += width, row++) {
    for (let i = 0; i < width; i++) sums[i] = weight[start + i]!
    for (let r = 0; r < rank; r++) {
      const factor = scale * loraB.data[row * rank + r]!
      for (let i = 0; i < width; i++) sums[i]! += factor * loraA.data[r * width + i]!
    }
    result.set(sums, start)
  }
  return result
}
