import { readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { createRandom, type ProgressEvent } from '../base/index.js'
import { readCurve } from '../training/index.js'
import { Sasrec } from './sasrec-encoder.js'
import { type SasrecTrainingInput, trainSasrec } from './sasrec-training.js'

/** Users who walk round a circle of items, each from a place of their own. */
const circle = Array.from({ length: 40 }, (_, user) => Uint32Array.from({ length: 12 }, (_, t) => (user + t) % 10))
const small = { hiddenSize: 16, layers: 1, heads: 2, maxLength: 8, batchTokens: 256, epochs: 12, learningRate: 0.01 }

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
    const folder = temporaryFolder()
    const input = { sequences: circle, itemCount: 10, seed: 2, threads: 1, initial: first }
    await trainSasrec({ ...input, folder, config: { ...small, epochs: 1 } })
    expect(readCurve(folder)[1]!.loss).toBeLessThan(1.5) // ln 10 = 2.3 from scratch
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

  it('refuses an item that is none of the catalogue', async () => {
    const run = trainSasrec({ sequences: [...circle, Uint32Array.of(1, 10)], itemCount: 10, seed: 1 })
    await expect(run).rejects.toThrow('Sequence 40 has item 10, but there are 10 items')
  })
})

describe('trainSasrec with a folder', () => {
  const random = createRandom(1, 'sequences')
  const sequences = Array.from({ length: 30 }, () =>
    Uint32Array.from({ length: 3 + random.int(30) }, () => random.int(20)),
  )
  const config = { hiddenSize: 8, layers: 1, heads: 2, maxLength: 8, batchTokens: 128, epochs: 4 }
  const input = { sequences, itemCount: 20, seed: 5, threads: 1, config }

  /** Trains until so many steps are done, then is stopped by the signal, which saves, or dies of an error, which does not. */
  async function stopAfter(step: number, way: 'signal' | 'death', change: Partial<SasrecTrainingInput>): Promise<void> {
    const controller = new AbortController()
    const progress = ({ done }: ProgressEvent) => {
      if (done < step) return
      if (way === 'death') throw new Error('died')
      controller.abort()
    }
    const run = trainSasrec({ ...input, ...change, task: { progress, signal: controller.signal } })
    await expect(run).rejects.toThrow(way === 'death' ? 'died' : `stopped after step ${step} of`)
  }

  it('goes on after any stop to the same bytes and the same curve', async () => {
    const folders = { whole: temporaryFolder(), stopped: temporaryFolder() }
    const whole = await trainSasrec({ ...input, folder: folders.whole })
    const curve = readCurve(folders.whole)
    const steps = curve.length - 1
    expect(
      new Set([0, 1, 2, 3].map((epoch) => curve.filter((point) => point.epoch === epoch).length)).size,
    ).toBeGreaterThan(1)
    for (const [step, way] of [
      [3, 'death'],
      [4, 'signal'],
      [9, 'signal'],
      [13, 'death'],
      [steps - 1, 'signal'],
    ] as const) {
      await stopAfter(step, way, { folder: folders.stopped })
    }
    const events: ProgressEvent[] = []
    const task = { progress: (event: ProgressEvent) => events.push(event) }
    const resumed = await trainSasrec({ ...input, folder: folders.stopped, task })
    expect(events[0]).toMatchObject({ done: steps - 1, total: steps })
    expect(resumed.files()).toEqual(whole.files())
    expect(readCurve(folders.stopped)).toEqual(curve)
    expect((await trainSasrec({ ...input, folder: folders.stopped })).files()).toEqual(whole.files())
  })

  it('passes over a damaged checkpoint, tells of it and comes to the same bytes', async () => {
    const folder = temporaryFolder()
    for (const step of [4, 9]) await stopAfter(step, 'signal', { folder })
    writeFileSync(`${folder}/checkpoints/step-000009/curve.jsonl`, '')
    const notices: string[] = []
    const resumed = await trainSasrec({ ...input, folder, notice: (sentence) => notices.push(sentence) })
    expect(notices).toEqual([expect.stringMatching(/step-000009 is damaged: curve.jsonl/)])
    expect(resumed.files()).toEqual((await trainSasrec(input)).files())
  })

  it('gives the bytes that it gives without one', async () => {
    const folder = temporaryFolder()
    const kept = await trainSasrec({ ...input, folder })
    expect((await trainSasrec(input)).files()).toEqual(kept.files())
    expect(readdirSync(folder).sort()).toEqual(['checkpoints', 'curve.jsonl'])
  })

  it('uses all batches of every epoch, the rate at its floor once the steps that the first epoch promised are over', async () => {
    const folder = temporaryFolder()
    await trainSasrec({ ...input, seed: 3, folder }) // a seed by which later epochs have more batches than the first
    const curve = readCurve(folder).slice(1)
    const scheduled = 4 * curve.filter(({ epoch }) => epoch === 0).length
    expect(curve.length).toBeGreaterThan(scheduled)
    for (const { learningRate } of curve.slice(scheduled)) expect(learningRate).toBe(3e-3 / 20)
    expect(curve[scheduled - 1]!.learningRate).toBeGreaterThan(3e-3 / 20)
  })

  it('goes on from a stored initial encoder to the same bytes as from one in memory', async () => {
    const first = await trainSasrec({ ...input, config: { ...config, epochs: 1 } })
    const path = `${temporaryFolder()}/encoder`
    first.save(path)
    const again = (initial: Sasrec) => trainSasrec({ ...input, initial, config: { ...config, clipNorm: 0.1 } })
    expect((await again(Sasrec.load(path, 1))).files()).toEqual((await again(first)).files())
  })

  it('refuses to go on with other sequences, another beginning or other settings, and names them', async () => {
    const folder = temporaryFolder()
    await stopAfter(2, 'signal', { folder })
    const initial = await trainSasrec({ ...input, config: { ...config, epochs: 1 } })
    const others = [
      [{ sequences: [...sequences].reverse() }, 'sequences was'],
      [{ initial }, 'beginning was'],
      [{ seed: 6 }, 'seed was 5 and is now 6'],
      [{ config: { ...config, dropout: 0.1 } }, 'dropout was 0.4 and is now 0.1'],
    ] as const
    for (const [change, message] of others) {
      const run = trainSasrec({ ...input, ...change, folder })
      await expect(run).rejects.toMatchObject({ code: 'state', message: expect.stringContaining(message) })
    }
  })

  it('says that nothing is kept where there is no folder', async () => {
    await expect(stopAfter(2, 'signal', {})).resolves.toBeUndefined()
    const run = trainSasrec({ ...input, task: { signal: AbortSignal.abort() } })
    await expect(run).rejects.toMatchObject({ hint: expect.stringContaining('Give a folder') })
  })
})
