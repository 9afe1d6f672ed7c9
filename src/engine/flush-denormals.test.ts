import { expect, it } from 'vitest'
import { flushDenormals } from '../base/index.js'
import { Graph } from './graph.js'
import { mul } from './ops/index.js'
import { compile } from './runtime.js'
import { floats, tensor } from './tensor.js'

/** 1e-30 times 1e-10 and times 1: in a file, and so a process, of its own, as the first session decides for its thread. */
async function products(): Promise<number[]> {
  const graph = new Graph()
  const program = await compile({ y: mul(graph.input('x', 'float32', [2]), graph.input('by', 'float32', [2])) })
  const { y } = await program.run({
    x: tensor(Float32Array.of(1e-30, 1e-30), [2]),
    by: tensor(Float32Array.of(1e-10, 1), [2]),
  })
  await program.dispose()
  return Array.from(floats(y!))
}

it('counts denormals as zero, once asked to', async () => {
  flushDenormals()
  expect(await products()).toEqual([0, Math.fround(1e-30)])
})
