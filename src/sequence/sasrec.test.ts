import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { sasrecShapes } from './sasrec.js'
import { Sasrec } from './sasrec-encoder.js'
import { initialParameters, SasrecTrainer, trainSasrec } from './sasrec-training.js'

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

/** Users who walk round a circle of items, each from a place of their own. */
const circle = Array.from({ length: 40 }, (_, user) => Uint32Array.from({ length: 12 }, (_, t) => (user + t) % 10))
const small = { hiddenSize: 16, layers: 1, heads: 2, maxLength: 8, batchTokens: 256, epochs: 12, learningRate: 0.01 }

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
    const trainer = await SasrecTrainer.create(golden.config, goldenParameters(), {
      dropout: 0,
      clipNorm: 5,
      threads: 1,
    })
    const batch = sequences.map((items) => ({ items: items.slice(0, -1), targets: items.slice(1) }))
    const losses = []
    for (let step = 0; step < 10; step++) losses.push(await trainer.step(batch, 0.01, []))
    expectClose(losses, golden.losses, 2e-4)
    await trainer.dispose()
  })
})

describe('trainSasrec', () => {
  it('learns which item follows which', async () => {
    const encoder = await trainSasrec({ sequences: circle, itemCount: 10, seed: 1, threads: 1, config: small })
    for (const last of [2, 5, 9]) {
      const history = Uint32Array.from({ length: 5 }, (_, t) => (last + 6 + t) % 10)
      const logits = encoder.logits(await encoder.state(history))
      expect(logits.indexOf(Math.max(...logits))).toBe((last + 1) % 10)
    }
    await encoder.dispose()
  })

  it('gives the same bytes for the same seed and others for another', async () => {
    const train = async (seed: number) => {
      const config = { ...small, epochs: 2 }
      const encoder = await trainSasrec({ sequences: circle, itemCount: 10, seed, threads: 1, config })
      return Buffer.from(encoder.files()['model.safetensors']!).toString('base64')
    }
    expect(await train(7)).toBe(await train(7))
    expect(await train(8)).not.toBe(await train(7))
  })

  it('goes on from an encoder without changing it, and refuses one of another architecture', async () => {
    const first = await trainSasrec({ sequences: circle, itemCount: 10, seed: 1, threads: 1, config: small })
    const before = first.files()
    const losses: number[] = []
    const task = {
      progress: (event: { figures?: Readonly<Record<string, number>> }) => losses.push(event.figures?.loss ?? 0),
    }
    const input = { sequences: circle, itemCount: 10, seed: 2, threads: 1, initial: first, task }
    await trainSasrec({ ...input, config: { ...small, epochs: 1 } })
    expect(losses[0]).toBeLessThan(1.5) // ln 10 = 2.3 from scratch
    expect(first.files()).toEqual(before)
    const wider = trainSasrec({ ...input, config: { ...small, hiddenSize: 32 } })
    await expect(wider).rejects.toMatchObject({ code: 'format' })
  })

  it('stops on request', async () => {
    const task = { signal: AbortSignal.abort() }
    const run = trainSasrec({ sequences: circle, itemCount: 10, seed: 1, threads: 1, config: small, task })
    await expect(run).rejects.toMatchObject({ code: 'aborted' })
  })

  it('refuses sequences in which nothing follows anything', async () => {
    const run = trainSasrec({ sequences: [Uint32Array.of(1)], itemCount: 10, seed: 1 })
    await expect(run).rejects.toMatchObject({ code: 'data' })
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

  it('refuses an empty history, an unknown item and parameters that do not fit', async () => {
    await expect(encoder.state(new Uint32Array(0))).rejects.toMatchObject({ code: 'data' })
    await expect(encoder.state(Uint32Array.of(10))).rejects.toThrow('knows 10 items, got item 10')
    expect(() => new Sasrec({ ...config, itemCount: 11 }, encoder.parameters)).toThrow('item_embedding.weight')
  })
})

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)))
  expect(worst).toBeLessThan(tolerance)
}
