import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { train } from '../training/index.js'
import { NextItemTrainer } from './next-item-trainer.js'
import { sasrecShapes } from './sasrec.js'
import { Sasrec } from './sasrec-encoder.js'
import { initialParameters, sasrecNetwork } from './sasrec-training.js'

const golden = JSON.parse(readFileSync(new URL('../../test/golden/sasrec-golden.json', import.meta.url), 'utf8'))

/** The parameters of the golden script, by the same formula. */
function goldenParameters(): Map<string, Float32Array> {
  return new Map(
    [...sasrecShapes(golden.config)].map(([name, shape]) => {
      const salt = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
      const size = shape.reduce((product, dim) => product * dim, 1)
      const offset = name.endsWith('norm.weight') ? 1 : 0
      return [name, Float32Array.from({ length: size }, (_, i) => 0.3 * Math.sin(salt + 1.7 * i) + offset)]
    }),
  )
}

const sequences: Uint32Array[] = golden.sequences.map((items: number[]) => Uint32Array.from(items))

describe('SASRec against PyTorch', () => {
  it('has the same states and logits', async () => {
    const encoder = new Sasrec(golden.config, goldenParameters(), 1)
    const history = sequences[0]!.slice(0, -1)
    const [states] = await encoder.states([history])
    expectClose(states!, golden.states, 2e-5)
    expectClose(encoder.logits(await encoder.state(history)), golden.logits, 5e-5)
    await encoder.dispose()
  })

  it('has the same losses over ten training steps on padded sequences', async () => {
    const trainer = await NextItemTrainer.create(sasrecNetwork(golden.config), goldenParameters(), {
      dropout: 0,
      threads: 1,
    })
    const batch = sequences.map((items) => ({ items: items.slice(0, -1), targets: items.slice(1) }))
    const { curve } = await train({
      trainable: trainer,
      examples: { totalSteps: 10, stepAt: (step) => ({ epoch: 0, stepOfEpoch: step, passes: [batch] }) },
      settings: { learningRate: 0.01, clipNorm: 5 },
      optimizer: { beta2: 0.98, warmupSteps: 0, learningRateFloor: 0.01 },
      identity: {},
    })
    const losses = curve.slice(1).map(({ loss }) => loss!)
    expectClose(losses, golden.losses, 2e-4)
    await trainer.dispose()
  })
})

describe('Sasrec', () => {
  const config = { itemCount: 10, maxLength: 8, hiddenSize: 16, layers: 1, heads: 2 }
  const encoder = new Sasrec(config, initialParameters(config, 3), 1)

  it('gives a state that depends on no later item', async () => {
    const long = Uint32Array.from({ length: 30 }, (_, t) => (t * 7) % 10)
    const [whole, start] = await encoder.states([long, long.slice(0, 17)])
    expectClose(whole!.slice(0, 17 * 16), [...start!], 1e-5)
  })

  it('gives the state of a short history as the last of its states', async () => {
    const history = Uint32Array.of(1, 2, 3, 4)
    const [states] = await encoder.states([history])
    expectClose(await encoder.state(history), [...states!.slice(-16)], 1e-5)
  })

  it('is the same after saving and loading', async () => {
    const folder = join(temporaryFolder(), 'encoder')
    encoder.save(folder)
    const loaded = Sasrec.load(folder, 1)
    expect(loaded.config).toEqual(config)
    expect(loaded.files()).toEqual(encoder.files())
  })

  it('passes over items that came after its training', async () => {
    const known = Uint32Array.of(1, 2, 3)
    const mixed = Uint32Array.of(99, 1, 10, 2, 3, 4_000_000_000)
    const [ofKnown, ofMixed, ofNone] = await encoder.states([known, mixed, Uint32Array.of(10, 11)])
    expect(await encoder.state(mixed)).toEqual(await encoder.state(known))
    const [first, second, third] = [0, 1, 2].map((t) => [...ofKnown!.slice(16 * t, 16 * (t + 1))])
    const zeros = Array<number>(16).fill(0)
    expectClose(ofMixed!, [zeros, first!, first!, second!, third!, third!].flat(), 1e-6)
    expect([...ofNone!]).toEqual([...zeros, ...zeros])
    expect([...(await encoder.state(Uint32Array.of(10)))]).toEqual(zeros)
  })

  it('counts the latest known items of a long history, not those it does not know', async () => {
    const known = Uint32Array.from({ length: 8 }, (_, t) => t)
    const newer = Uint32Array.from({ length: 20 }, (_, t) => 10 + t)
    expect(await encoder.state(Uint32Array.of(...known, ...newer))).toEqual(await encoder.state(known))
  })

  it('refuses an empty history and parameters that do not fit', async () => {
    await expect(encoder.state(new Uint32Array(0))).rejects.toMatchObject({ code: 'data' })
    expect(() => new Sasrec({ ...config, itemCount: 11 }, encoder.parameters)).toThrow('item_embedding.weight')
  })
})

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)))
  expect(worst).toBeLessThan(tolerance)
}
