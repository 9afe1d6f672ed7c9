import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Graph, gradients, reduceSum } from '../engine/index.js'
import { DecoderProgram } from './decoder-program.js'
import { buildDecoder } from './llama.js'
import { weightsFromFolder } from './weights.js'

const fixtures = new URL('../../test/fixtures/', import.meta.url).pathname
const golden: Record<string, number[]> = JSON.parse(readFileSync(`${fixtures}decoder-families/logits.json`, 'utf8'))
const tokens = golden.tokens!

describe('the decoder, held against transformers', () => {
  for (const family of ['qwen2', 'qwen3', 'mistral', 'llama3']) {
    it(`gives the logits of ${family}`, async () => {
      const program = await DecoderProgram.open(weightsFromFolder(`${fixtures}decoder-families/${family}`))
      try {
        const { logits } = await program.extend(tokens)
        for (const [i, value] of golden[family]!.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(1e-4)
      } finally {
        await program.dispose()
      }
    })
  }

  it('gives the same logits token by token behind its cache', async () => {
    const program = await DecoderProgram.open(weightsFromFolder(`${fixtures}decoder-families/llama3`))
    try {
      let step = await program.extend(tokens.slice(0, 1))
      for (let length = 2; length <= tokens.length; length++)
        step = await program.extend(tokens.slice(0, length), undefined, step.cache)
      for (const [i, value] of golden.llama3!.entries()) expect(Math.abs(step.logits[i]! - value)).toBeLessThan(1e-4)
    } finally {
      await program.dispose()
    }
  })
})

describe('the training graph', () => {
  const lora = { rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj'] }

  it('never repeats keys for the queries that share them', () => {
    const graph = new Graph()
    buildDecoder(graph, weightsFromFolder(`${fixtures}decoder-families/qwen2`), { lora, training: true })
    const attentions = graph.nodes.filter(({ operation }) => operation.name === 'attention')
    expect(attentions.length).toBeGreaterThan(0)
    for (const { inputs, attributes } of attentions) {
      expect(attributes).toMatchObject({ heads: 4, keyValueHeads: 2 })
      expect(inputs[1]!.shape.at(-1)).toBe((inputs[0]!.shape.at(-1) as number) / 2)
    }
  })

  it('computes queries and MLP of the last layer only for the rows asked for', () => {
    const graph = new Graph()
    const { hidden } = buildDecoder(graph, weightsFromFolder(`${fixtures}decoder-families/qwen2`))
    expect(hidden.shape).toEqual(['U', 16])
    const products = graph.nodes.filter(({ inputs }) => inputs[1]?.name.startsWith('model.layers.1.'))
    const shapes = new Map(
      products.map(({ inputs, outputs }) => [inputs[1]!.name.split('.').at(-2), outputs[0]!.shape[0]]),
    )
    expect(shapes.get('q_proj')).toBe('U')
    expect(shapes.get('gate_proj')).toBe('U')
    expect(shapes.get('k_proj')).toBe('S')
  })

  it('builds no gradient of a frozen weight', () => {
    const graph = new Graph()
    const weights = weightsFromFolder(`${fixtures}decoder-families/qwen2`)
    const { hidden, lora: branch } = buildDecoder(graph, weights, { lora, training: true })
    const before = graph.nodes.length
    gradients(reduceSum(hidden), [...branch!.parameters.values()])
    const sizes = new Set(
      weights.names().map((name) => graph.sources.find(({ value }) => value.name === name)?.value.shape.join()),
    )
    const products = graph.nodes.slice(before).filter(({ operation }) => operation.name === 'matmul')
    const weightShaped = products.filter(({ outputs }) => sizes.has(outputs[0]!.shape.join()))
    expect(weightShaped).toEqual([])
  })
})
