import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeJob, openRayDashboard, type RayDashboard } from '../../test/support/ray-dashboard.js'
import { rayAskedSchema, rayCluster } from './ray-cluster.js'

const QUICK = { pollMs: 5, timeoutMs: 500, lostMs: 60, startMs: 50 }
const result = {
  'result.json': '{"job":"0123456789abcdef"}',
  'curve.jsonl': '{"step":0,"epoch":0,"tokens":0}\n',
  'evidence.json': '[]',
  'adapter/adapter_config.json': '{}',
  'adapter/adapter_model.safetensors': 'x'.repeat(1000),
}

/** What bring.py prints. */
const printed = (files: Record<string, string> = result) =>
  `${Object.entries(files)
    .map(([name, content]) => {
      const sha256 = createHash('sha256').update(content).digest('hex')
      const half = content.length - (content.length % 6)
      const parts = [content.slice(0, half), content.slice(half)].map((part) => Buffer.from(part).toString('base64'))
      return `${parts.map((part) => `adaptrec-part ${part}\n`).join('')}adaptrec-file ${JSON.stringify({ name, sha256, parts: 2 })}\n`
    })
    .join('')}adaptrec-files-end\n`
const event = (value: object) => `(TrainWorker pid=7) adaptrec-event ${JSON.stringify(value)}\n`

let dashboard: RayDashboard
let folder: string
beforeEach(async () => {
  dashboard = await openRayDashboard()
  folder = join(mkdtempSync(join(tmpdir(), 'adaptrec-ray-')), 'job')
  mkdirSync(join(folder, 'start'), { recursive: true })
  writeFileSync(join(folder, 'job.json'), '{}')
  writeFileSync(join(folder, 'start', 'evidence.json'), '[]')
  dashboard.onSubmit = succeed
})
afterEach(async () => {
  await dashboard.close()
  rmSync(join(folder, '..'), { recursive: true, force: true })
})

function succeed(job: FakeJob): void {
  job.status = 'SUCCEEDED'
  if (job.entrypoint.startsWith('python bring.py')) job.log = printed()
}

const job = () => ({ folder, id: '0123456789abcdef', program: 'train.py', words: [] as string[] })

/** Does the job and brings its result. */
async function run(
  options: {
    asked?: object
    signal?: AbortSignal
    hear?: (said: unknown) => void
    startMs?: number
    words?: string[]
  } = {},
): Promise<Record<string, Uint8Array>> {
  const { asked = {}, signal, hear = () => {}, startMs = QUICK.startMs, words = [] } = options
  const cluster = rayCluster(dashboard.url, rayAskedSchema.parse(asked), { ...QUICK, startMs })
  await cluster.run({ ...job(), words }, hear, { signal })
  return cluster.bring(job(), Object.keys(result), { signal })
}

/** The text of a notice. */
const textOf = (said: unknown) => (said as { text?: string }).text

describe('a Ray cluster', () => {
  it('gets programs and job as one package, and gives the result back through a log', async () => {
    const files = await run({ asked: { workers: '2', gpus: '1', model: "/models/it's" }, words: ['--fsdp'] })
    const [train, bring] = dashboard.jobs
    expect(train!.entrypoint).toBe(
      'python train.py job --out "$' +
        '{ADAPTREC_JOBS:-$HOME/.adaptrec/jobs}/0123456789abcdef" --ray --workers 2 --gpus 1 --wait 600' +
        " --model '/models/it'\\''s' '--fsdp'",
    )
    expect(bring!.entrypoint).toMatch(/^python bring\.py ".*0123456789abcdef" 'result\.json' 'curve\.jsonl' /)
    const [zip] = [...dashboard.packages.values()]
    for (const name of ['train.py', 'job.py', 'rows.py', 'bring.py', 'job/job.json', 'job/start/evidence.json'])
      expect(zip!.includes(name)).toBe(true)
    for (const [name, content] of Object.entries(result)) expect(String(files[name])).toBe(content)
  })

  it('has its workers given the time that room is waited for to load PyTorch in, and no less than ten minutes', async () => {
    await run({ asked: { wait: '5' }, startMs: 600_000 })
    await run({ asked: { wait: '3600' }, startMs: 600_000 })
    const seconds = dashboard.jobs.map(({ environment }) => environment.RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S)
    expect(seconds).toEqual(['600', '600', '3600', '3600'])
  })

  it('passes on what the job says, each line once, whatever stands before it', async () => {
    const heard: unknown[] = []
    dashboard.onSubmit = (job) => {
      succeed(job)
      if (job.log !== '') return
      job.status = 'RUNNING'
      job.log = `noise\n${event({ kind: 'notice', text: 'one' })}adaptrec-event {"kind":"noti`
      setTimeout(() => {
        job.log = `noise\n${event({ kind: 'notice', text: 'one' })}adaptrec-event {"kind":"notice","text":"two"}\n`
        job.status = 'SUCCEEDED'
      }, 30)
    }
    await run({ hear: (each) => heard.push(each) })
    expect(heard.map(textOf)).toEqual([expect.stringMatching(/^Handed over to/), 'one', 'two'])
  })

  it('goes on with the job of an earlier start that still runs', async () => {
    const left: FakeJob = {
      submission_id: 'adaptrec-0123456789abcdef-1',
      entrypoint: 'python train.py',
      status: 'RUNNING',
      metadata: { adaptrec: '0123456789abcdef' },
      environment: {},
      packed: '',
      log: '',
    }
    dashboard.jobs.push(left)
    await run({
      hear: (each) => {
        if (textOf(each)?.includes('still works on this')) left.status = 'SUCCEEDED'
      },
    })
    expect(dashboard.jobs.map(({ entrypoint }) => entrypoint.slice(0, 15))).toEqual([
      'python train.py',
      'python bring.py',
    ])
  })

  it('leaves the job in a folder that both sides see, and takes the result from there', async () => {
    const shared = join(folder, '..', 'shared')
    dashboard.onSubmit = (job) => {
      job.status = 'SUCCEEDED'
      mkdirSync(`${shared}/0123456789abcdef/out/adapter`, { recursive: true })
      for (const [name, content] of Object.entries(result))
        writeFileSync(`${shared}/0123456789abcdef/out/${name}`, content)
    }
    const files = await run({ asked: { shared } })
    expect(dashboard.jobs).toHaveLength(1)
    expect(dashboard.jobs[0]!.entrypoint).toContain(`python train.py '${shared}/0123456789abcdef' --out`)
    expect(existsSync(`${shared}/0123456789abcdef/start/evidence.json`)).toBe(true)
    expect(String(files['evidence.json'])).toBe('[]')
  })

  it('cancels the job when it is told to stop, and says how to go on', async () => {
    const controller = new AbortController()
    dashboard.onSubmit = () => setTimeout(() => controller.abort('SIGINT'), 20)
    await expect(run({ signal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
      message: expect.stringContaining('is cancelled'),
      hint: expect.stringContaining('same command again'),
    })
    expect(dashboard.jobs[0]!.status).toBe('STOPPED')
  })

  it.each([
    [
      'the job’s own word',
      (job: FakeJob) => {
        job.log = event({ kind: 'failed', message: 'The cluster has had no room for 5 s.', hint: 'Ask for less.' })
      },
      'engine',
      'no room for 5 s',
    ],
    [
      'a job that died',
      (job: FakeJob) => {
        job.status = 'FAILED'
        job.message = 'exit code 1'
        job.log = 'Traceback\nMemoryError\n'
      },
      'engine',
      'MemoryError',
    ],
    [
      'a job that was stopped by others',
      (job: FakeJob) => {
        job.status = 'STOPPED'
      },
      'engine',
      'ended as STOPPED',
    ],
  ] as const)('tells %s', async (_, happen, code, message) => {
    dashboard.onSubmit = happen
    await expect(run()).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it('gives up a job that is not begun in the time that it was given', async () => {
    dashboard.onSubmit = (job) => {
      job.status = 'PENDING'
    }
    await expect(run({ asked: { wait: '0' } })).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('has not begun'),
    })
    expect(dashboard.jobs[0]!.status).toBe('STOPPED')
  })

  it('lets a job take its time to begin, however little it may wait for room', async () => {
    dashboard.onSubmit = (job) => {
      job.status = 'PENDING'
      setTimeout(() => succeed(job), 100)
    }
    await run({ asked: { wait: '0' }, startMs: 60_000 })
    expect(dashboard.jobs.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
  })

  it('names a head that is lost while a job runs', async () => {
    dashboard.onSubmit = () => setTimeout(() => void dashboard.close(), 20)
    await expect(run()).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(/has not answered for .* may still run there/),
    })
  })

  it('bears a head that cannot answer for a moment', async () => {
    dashboard.onSubmit = (job) => {
      succeed(job)
      if (job.log !== '') return
      dashboard.answers.set(`GET /api/jobs/${job.submission_id}`, [500, 'Internal Server Error'])
      setTimeout(() => dashboard.answers.clear(), 20)
    }
    expect(Object.keys(await run())).toContain('result.json')
  })

  it.each([
    ['was cut', printed().slice(0, -400)],
    ['was cut before its end', printed().replace('adaptrec-files-end\n', '')],
    ['has another content', printed().replace('adaptrec-part eHh4', 'adaptrec-part eHh5')],
  ])('refuses a result whose log %s', async (_, log) => {
    dashboard.onSubmit = (job) => {
      succeed(job)
      if (job.log !== '') job.log = log
    }
    await expect(run()).rejects.toMatchObject({ code: 'engine', message: expect.stringContaining('its log was cut') })
  })
})

describe('the address of a Ray cluster', () => {
  const check = (url: string) => rayCluster(url, rayAskedSchema.parse({}), QUICK).check()

  it('is accepted where a dashboard answers', async () => {
    await expect(check(dashboard.url)).resolves.toBeUndefined()
  })

  it('is accepted with the token that the dashboard asks for, and with no other', async () => {
    dashboard.token = 'abc'
    const checkWith = (token?: string) =>
      rayCluster(dashboard.url, rayAskedSchema.parse({}), { ...QUICK, token }).check()
    await expect(checkWith('abc')).resolves.toBeUndefined()
    await expect(checkWith()).rejects.toMatchObject({ hint: expect.stringContaining('RAY_AUTH_TOKEN') })
    await expect(checkWith('abd')).rejects.toMatchObject({ hint: expect.stringContaining('does not take the token') })
  })

  it('is refused with its name where nobody answers', async () => {
    await dashboard.close()
    await expect(check(dashboard.url)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining(`No Ray cluster answers at ${new URL(dashboard.url).origin}`),
    })
  })

  it.each([
    [405, 'Method Not Allowed', 'engine', 'answered 405'],
    [500, 'Internal Server Error', 'busy', 'answered 500'],
    [200, '<html>', 'engine', 'no Jobs API of Ray'],
    [200, '{"hello":1}', 'engine', 'no Jobs API of Ray'],
    [200, '{"ray_version":"2.9.3"}', 'usage', 'runs Ray 2.9.3; needed is 2.51 or later'],
  ])('is refused where %d %s comes back', async (status, body, code, message) => {
    dashboard.answers.set('GET /api/version', [status, body])
    await expect(check(dashboard.url)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it('is refused where an answer does not come in time', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    await expect(check(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('no answer within 0.5 s'),
    })
    silent.close()
  })
})
