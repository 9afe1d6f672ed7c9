/** @file A small model that is really trained: a two-layer classifier on the engine, with noise keyed like dropout, and its data. */

import { createRandom } from '../../src/base/index.js'
import {
  add,
  compile,
  Graph,
  gradients,
  logSoftmax,
  matmul,
  mul,
  neg,
  reduceMean,
  reduceSum,
  tanh,
  tensor,
} from '../../src/engine/index.js'
import type { PassKey, PassResult, Trainable, Validation } from '../../src/training/index.js'

export interface Point {
  /** (4). */
  readonly features: readonly number[]
  /** 0 or 1. */
  readonly label: number
}

/** Points of a noisy quadratic border, the same for the same seed. */
export function createPoints(count: number, seed: number): Point[] {
  const random = createRandom(seed, 'points')
  return Array.from({ length: count }, () => {
    const features = Array.from({ length: 4 }, () => random.normal())
    const label = features[0]! * features[1]! + features[2]! + 0.3 * random.normal() > 0 ? 1 : 0
    return { features, label }
  })
}

export interface Classifier extends Trainable<Point> {
  measure(points: readonly Point[]): Promise<Validation>
  dispose(): Promise<void>
}

/** A classifier 4 -> 8 -> 2 with initial parameters from the seed. */
export async function createClassifier(seed = 1): Promise<Classifier> {
  const shapes = { 'in.weight': [4, 8], 'in.bias': [8], 'out.weight': [8, 2] }
  const random = createRandom(seed, 'classifier')
  const parameters = new Map(
    Object.entries(shapes).map(([name, dims]) => {
      const size = dims.reduce((product, dim) => product * dim, 1)
      return [name, { dims, data: Float32Array.from({ length: size }, () => 0.5 * random.normal()) }] as const
    }),
  )
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['N', 4])
  const y = graph.input('y', 'float32', ['N', 2])
  const [w, b, v] = Object.entries(shapes).map(([name, dims]) => graph.parameter(name, dims))
  const logits = matmul(tanh(add(matmul(x, w!), b!)), v!) // (N, 2)
  const loss = neg(reduceMean(reduceSum(mul(y, logSoftmax(logits)), [1]), [0]))
  const [dw, db, dv] = gradients(loss, [w!, b!, v!])
  const program = await compile({ loss, logits, 'in.weight': dw!, 'in.bias': db!, 'out.weight': dv! }, { threads: 1 })

  async function run(points: readonly Point[], noise: () => number) {
    const feeds = Object.fromEntries([...parameters].map(([name, { dims, data }]) => [name, tensor(data, dims)]))
    const features = Float32Array.from(points.flatMap((point) => point.features.map((value) => value + noise())))
    const labels = Float32Array.from(points.flatMap((point) => [1 - point.label, point.label]))
    const n = points.length
    return program.run({ ...feeds, x: tensor(features, [n, 4]), y: tensor(labels, [n, 2]) })
  }

  async function pass(points: readonly Point[], key: PassKey): Promise<PassResult> {
    const noise = createRandom(key.seed, 'noise', key.epoch, key.step, key.microBatch)
    const result = await run(points, () => 0.1 * noise.normal())
    const names = [...parameters.keys()]
    return {
      loss: floats(result.loss!.data)[0]!,
      gradients: new Map(names.map((name) => [name, floats(result[name]!.data)])),
      tokens: points.length,
    }
  }

  return {
    parameters,
    gradients: pass,
    measure: async (points) => {
      const result = await run(points, () => 0)
      const scores = floats(result.logits!.data)
      const right = points.filter(({ label }, i) => scores[2 * i + label]! > scores[2 * i + 1 - label]!).length
      return { loss: floats(result.loss!.data)[0]!, hitRatio1: right / points.length }
    },
    dispose: () => program.dispose(),
  }
}

function floats(data: unknown): Float32Array {
  if (data instanceof Float32Array) return data
  throw new TypeError('expected float32')
}
