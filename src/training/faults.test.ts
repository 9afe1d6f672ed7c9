import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dieAt, type FaultyFiles, failOnceAt } from '../../test/support/failing-files.js'
import { type Classifier, createClassifier, createPoints } from '../../test/support/regression.js'
import { AdaptRecError } from '../base/index.js'
import { readCurve } from './curve.js'
import { train } from './train.js'

const examples = createPoints(8, 1)
const held = createPoints(30, 2)
const settings = { epochs: 2, batchSize: 4, microBatch: 4, learningRate: 0.1, evaluateEvery: 3, checkpointEvery: 2 }

let root: string
let trainable: Classifier
let initial: number[][]
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'adaptrec-faults-'))
  trainable = await createClassifier()
  initial = values()
})
afterAll(async () => {
  rmSync(root, { recursive: true, force: true })
  await trainable.dispose()
})

function values(): number[][] {
  return [...trainable.parameters.values()].map(({ data }) => [...data])
}

function trainIn(folder: string, faulty: FaultyFiles) {
  const parameters = [...trainable.parameters.values()]
  for (const [i, { data }] of parameters.entries()) data.set(initial[i]!)
  const validate = () => trainable.measure(held)
  return train({ trainable, examples, settings, identity: {}, validate, folder, fileSystem: faulty.fs })
}

/** Trains with a fault at each writing call in turn, then again without, and holds the end against that of a run without faults. */
async function faultAtEachCall(name: string, faultAt: (n: number) => FaultyFiles, check: (error: unknown) => void) {
  const sound = failOnceAt(0, 'EIO')
  const expected = await trainIn(`${root}/${name}`, sound)
  const end = values()
  expect(sound.calls()).toBeGreaterThan(100)
  for (let n = 1; n <= sound.calls(); n++) {
    const folder = `${root}/${name}-${n}`
    await trainIn(folder, faultAt(n)).then(() => expect.unreachable(), check)
    for (const file of readdirSync(root).includes(`${name}-${n}`) ? readdirSync(folder) : []) {
      if (file.startsWith('lock.')) rmSync(`${folder}/${file}`) // a dead process's lock; this one is alive
    }
    const outcome = await trainIn(folder, failOnceAt(0, 'EIO'))
    expect(values()).toEqual(end)
    expect(outcome.curve).toEqual(expected.curve)
    expect(outcome.damaged).toEqual([])
    expect(readCurve(folder)).toEqual(expected.curve)
    rmSync(folder, { recursive: true })
  }
}

it('reports a full or failing disk at any write, and loses nothing', async () => {
  await faultAtEachCall(
    'full',
    (n) => failOnceAt(n, n % 2 ? 'ENOSPC' : 'EIO'),
    (error) => {
      expect(error).toBeInstanceOf(AdaptRecError)
      expect(error).toMatchObject({ code: 'storage', hint: expect.any(String) })
    },
  )
}, 180_000)

it('is exact after a kill at any write', async () => {
  await faultAtEachCall('killed', dieAt, (error) =>
    expect(error).toMatchObject({ message: expect.stringMatching(/killed/) }),
  )
}, 180_000)
