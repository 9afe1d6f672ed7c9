/** @file Jobs on a real store, in real processes, which here do nothing but tell, wait and end; a real training is in ../models.test.ts. */

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ended } from '../../../../test/support/ended-job.js'
import { storeUrl } from '../../../../test/support/store-url.js'
import { temporaryFolder } from '../../../../test/support/temporary-folder.js'
import { openStore, type Store } from '../../../store/index.js'
import * as api from '../api.js'
import { openService } from '../open-service.js'
import type { Service } from '../service.js'

const page = { limit: 50 }
/** The first judging of settings loads all that trains. */
const LOADS_TRAINING_MS = 300_000

interface Opened {
  readonly service: Service
  readonly store: Store
  readonly folder: string
}

async function open(folder = join(temporaryFolder(), 'store'), commandLine = ['none']): Promise<Opened> {
  const store = await openStore(storeUrl(folder))
  const service = await openService({ store, files: folder, threads: 1, offline: true, commandLine })
  onTestFinished(() => service[Symbol.asyncDispose]())
  return { service, store, folder }
}

const eventsOf = (userId: string, items: readonly string[]) => ({
  events: items.map((itemId, i) => ({
    eventId: `${userId}${i}`,
    eventType: 'view',
    userId,
    itemId,
    timestamp: new Date(i * 1000).toISOString(),
  })),
})

describe('moving data', () => {
  it('imports from its own folder alone, by row, and dry', async () => {
    const { service, folder } = await open()
    const secret = temporaryFolder({ 'events.jsonl': '' })
    symlinkSync(secret, join(folder, 'imports', 'link'))
    for (const path of ['../store.sqlite', secret, 'link', 'absent', '.'])
      await expect(service.startJob({ kind: 'import', path, dryRun: false })).rejects.toMatchObject({
        code: 'not-found',
      })
    mkdirSync(join(folder, 'imports', 'shop'))
    writeFileSync(join(folder, 'imports', 'shop', 'items.jsonl'), '{"id":"a","title":"A"}\n{"title":"no id"}\n')
    const run = async (dryRun: boolean) =>
      ended(service, (await service.startJob({ kind: 'import', path: 'shop', dryRun })).jobId)
    expect(await run(true)).toMatchObject({ state: 'done', result: { refused: 1, dryRun: true } })
    expect((await service.items(page)).rows).toEqual([])
    expect(await run(false)).toMatchObject({ result: { errors: [{ file: 'items.jsonl', row: 2 }] } })
    expect((await service.items(page)).rows.map(({ title }) => title)).toEqual(['A'])
  })

  it('exports and backs up into folders of their own, which the store knows', async () => {
    const { service, store, folder } = await open()
    await service.addEvents(eventsOf('ann', ['a', 'b']))
    const exported = await ended(service, (await service.startJob({ kind: 'export', format: 'jsonl' })).jobId)
    expect(exported).toMatchObject({ state: 'done', result: { events: 2 } })
    expect(
      readFileSync(join(folder, 'exports', readdirSync(join(folder, 'exports'))[0]!, 'events.jsonl'), 'utf8'),
    ).toContain('ann')
    const backup = await ended(service, (await service.startJob({ kind: 'backup' })).jobId)
    expect(backup.state).toBe('done')
    if (!store.isShared) {
      const copy = await openStore(`sqlite:${backup.result!.folder as string}`)
      expect(await copy.counts()).toMatchObject({ events: 2 })
      await copy.close()
    }
    expect((await service.system()).lastBackup).toBeDefined()
    const erased = await ended(service, (await service.removeUser('ann')).jobId)
    expect((erased.result!.copies as string[]).map((name) => name.split('/')[0])).toEqual(['exports', 'backups'])
  })
})

describe('a job', () => {
  it(
    'that nobody can do is refused at once',
    async () => {
      const { service } = await open()
      await expect(service.startJob({ kind: 'evaluate', modelId: 'none' })).rejects.toMatchObject({ code: 'not-found' })
      const settings = { data: { source: '/etc/passwd' } }
      await expect(service.startJob({ kind: 'train', settings, evaluate: true })).rejects.toMatchObject({
        code: 'usage',
      })
      await service.addEvents(eventsOf('ann', ['a', 'b', 'c']))
      await expect(
        service.startJob({ kind: 'train', settings: { lora: { rank: 'many' }, colour: 1 }, evaluate: true }),
      ).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('lora.rank'),
        places: [
          { path: ['settings', 'lora', 'rank'], detail: expect.stringContaining('got "many"') },
          { path: ['settings', 'colour'], detail: expect.stringContaining('the names there are') },
        ],
      })
      const calls = [
        () => service.job('none'),
        () => service.cancelJob('none'),
        () => service.watchJob('none', () => undefined),
      ]
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'not-found' })
    },
    LOADS_TRAINING_MS,
  )

  it(
    'that fails says why, and the next one runs',
    async () => {
      const refuses = join(temporaryFolder({ 'refuses.mjs': refusingProgram }), 'refuses.mjs')
      const { service } = await open(undefined, [refuses])
      await expect(service.startJob(train)).rejects.toMatchObject({ code: 'data' }) // there is nothing to learn from
      await service.addEvents(eventsOf('ann', ['a', 'b', 'c', 'd']))
      const wrong = await service.startJob(train)
      expect(await ended(service, wrong.jobId)).toMatchObject({
        state: 'failed',
        error: { code: 'usage', message: 'lora.rank is many', hint: 'Correct it.' },
      })
      await expect(service.cancelJob(wrong.jobId)).rejects.toMatchObject({ code: 'conflict' })
      const { rows } = await service.jobs(page)
      for (const row of rows) api.jobReply.parse(row)
      expect(rows.map(({ jobId }) => jobId)).toEqual([wrong.jobId])
    },
    LOADS_TRAINING_MS,
  )

  it('that waits is cancelled at once; one that runs when its process has ended', async () => {
    const folder = join(temporaryFolder(), 'store')
    const slow = join(temporaryFolder({ 'slow.mjs': slowProgram }), 'slow.mjs')
    const { service } = await open(folder, [slow])
    await service.addEvents(eventsOf('ann', ['a', 'b', 'c']))
    const [first, second] = [await service.startJob(train), await service.startJob(train)]
    expect(await service.cancelJob(second.jobId)).toMatchObject({ state: 'cancelled' })
    await progressOf(service, first.jobId)
    await service.cancelJob(first.jobId)
    expect(await ended(service, first.jobId)).toMatchObject({ state: 'cancelled', progress: { stage: 'Waiting' } })
    expect(existsSync(join(folder, 'models', first.jobId, 'stopped'))).toBe(true)
  })

  it('runs again after the service closed, and has failed where its process died', async () => {
    const folder = join(temporaryFolder(), 'store')
    const slow = join(temporaryFolder({ 'slow.mjs': slowProgram }), 'slow.mjs')
    const before = await open(folder, [slow])
    await before.service.addEvents(eventsOf('ann', ['a', 'b', 'c']))
    const job = await before.service.startJob(train)
    await progressOf(before.service, job.jobId)
    await before.service[Symbol.asyncDispose]()
    expect((await before.store.job(job.jobId))?.state).toBe('queued')
    const died = { id: 'died', kind: 'backup', state: 'running', request: {}, createdAt: 1 } as const
    await before.store.addJob(died)
    await before.store.close()
    const { service } = await open(folder, [slow])
    expect(await ended(service, 'died')).toMatchObject({
      state: 'failed',
      error: { hint: expect.stringContaining('again') },
    })
    await progressOf(service, job.jobId) // in the same folder
    expect(readdirSync(join(folder, 'models'))).toEqual([job.jobId])
  })

  it('whose process is killed says so and how to go on', async () => {
    const killed = join(temporaryFolder({ 'killed.mjs': "process.kill(process.pid, 'SIGKILL')" }), 'killed.mjs')
    const { service } = await open(undefined, [killed])
    await service.addEvents(eventsOf('ann', ['a', 'b', 'c']))
    expect(await ended(service, (await service.startJob(train)).jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'state', message: expect.stringContaining('SIGKILL'), hint: expect.stringContaining('again') },
    })
  })
})

const train = { kind: 'train', settings: {}, evaluate: true } as const

/** Ends as the command line does with settings that are wrong. */
const refusingProgram = `process.send({ error: { code: 'usage', message: 'lora.rank is many', hint: 'Correct it.' } })
process.exitCode = 2
process.disconnect()
`

/** Tells a progress and waits for SIGTERM, which it notes in its run folder. */
const slowProgram = `import { writeFileSync } from 'node:fs'
const run = process.argv[process.argv.indexOf('--run') + 1]
process.send({ progress: { stage: 'Waiting', done: 1, total: 2 } })
const timer = setInterval(() => undefined, 1000)
process.on('SIGTERM', () => {
  writeFileSync(run + '/stopped', '')
  process.exit(143)
})
`

/** Resolves when a job told of its process. */
async function progressOf(service: Service, jobId: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    service
      .watchJob(jobId, ({ progress }) => {
        if (progress?.stage === 'Waiting') resolve()
      })
      .catch(reject)
  })
}
