/** @file Reads the golden values that test/golden/lora_golden.py wrote, and repeats its initial adapter. */

import { readFileSync } from 'node:fs'
import type { ListwiseExample, Parameter } from '../../src/model/index.js'

interface Sample {
  readonly norm: number
  readonly first: readonly number[]
}

interface Training {
  readonly losses: readonly number[]
  readonly gradients: Readonly<Record<string, Sample>>
}

interface Answers {
  readonly logits: Sample & { readonly argmax: number }
  readonly logProbs: readonly (readonly number[])[]
}

export interface LoraGolden {
  readonly settings: {
    readonly rank: number
    readonly alpha: number
    readonly targetModules: readonly string[]
    readonly temperature: number
    readonly evidenceWeight: readonly number[]
    readonly scaleA: number
    readonly scaleB: number
    readonly learningRate: number
    readonly weightDecay: number
    readonly steps: number
  }
  readonly trees: readonly {
    readonly prompt: readonly number[]
    readonly branches: readonly (readonly number[])[]
    readonly target: readonly number[]
    readonly features: readonly number[]
  }[]
  readonly base: Answers & { readonly generated: readonly number[] }
  readonly adapted: Answers
  readonly listwise: Training
  readonly nextToken: Training
}

export function readLoraGolden(name: 'tiny' | 'smollm2'): LoraGolden {
  return JSON.parse(readFileSync(new URL(`../golden/lora-${name}.json`, import.meta.url), 'utf8'))
}

export function goldenExamples(golden: LoraGolden): ListwiseExample[] {
  return golden.trees.map(({ prompt, branches, target, features }) => ({
    tree: { prompt, branches },
    target: Float32Array.from(target),
    features: Float32Array.from(features),
  }))
}

/** The adapter that the script starts from, for parameters of the given names and shapes. */
export function goldenAdapter(
  golden: LoraGolden,
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, Parameter> {
  const parameters = new Map<string, Parameter>()
  for (const [index, name] of [...shapes.keys()].sort().entries()) {
    const dims = shapes.get(name)!
    const scale = name.includes('lora_A') ? golden.settings.scaleA : golden.settings.scaleB
    const size = dims.reduce((product, dim) => product * dim, 1)
    parameters.set(name, { dims, data: noise(size, 1000 + index).map((value) => value * scale) })
  }
  return parameters
}

/** Values in [-1, 1), a pure function of (index, seed); the same arithmetic as `noise` of the script. */
function noise(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    let h = (Math.imul(index, 2654435761) + Math.imul(seed, 40503) + 1) | 0
    h ^= h >>> 15
    h = Math.imul(h, 2246822519)
    h ^= h >>> 13
    h = Math.imul(h, 3266489917)
    h ^= h >>> 16
    return (h >>> 0) / 2 ** 31 - 1
  })
}
