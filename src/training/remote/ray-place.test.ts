import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import type { RayCluster } from '../../cluster/index.js'
import type { RemoteEvent } from './place.js'
import { rayPlace, trainingAskedSchema } from './ray-place.js'

const started = { kind: 'started', device: 'cpu', workers: 2, resumedFrom: null }

/** A cluster that says `started` and something that is no event, and has a result. */
function cluster(asked: unknown[], bring: RayCluster['bring']): RayCluster {
  return {
    name: 'ray:http://head:8265/',
    check: async () => {},
    async run({ program, words }, hear) {
      asked.push([program, ...words])
      hear(started)
      hear({ kind: 'part', part: 3 })
    },
    bring,
  }
}

describe('a Ray cluster as the place of a training', () => {
  it('is asked for the training, tells its events, and leaves the result beside the job', async () => {
    const folder = temporaryFolder()
    const [asked, heard]: [unknown[], RemoteEvent[]] = [[], []]
    const place = rayPlace(
      cluster(asked, async (_, names) => Object.fromEntries(names.map((name) => [name, Buffer.from(name)]))),
      trainingAskedSchema.parse({ workers: '2', fsdp: 'true' }),
    )
    await place.run({ folder, id: '0123456789abcdef' }, (event) => heard.push(event), {})
    expect(asked).toEqual([['train.py', '--fsdp']])
    expect(heard).toEqual([started])
    const weights = 'adapter/adapter_model.safetensors'
    expect(readFileSync(join(folder, 'out', weights), 'utf8')).toBe(weights)
  })

  it('keeps the result of an earlier time where none comes', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'out'))
    writeFileSync(join(folder, 'out', 'result.json'), 'earlier')
    const none = async () => {
      throw new Error('its log was cut')
    }
    const place = rayPlace(cluster([], none), trainingAskedSchema.parse({}))
    await expect(place.run({ folder, id: '0123456789abcdef' }, () => {}, {})).rejects.toThrow('was cut')
    expect(readFileSync(join(folder, 'out', 'result.json'), 'utf8')).toBe('earlier')
  })
})
