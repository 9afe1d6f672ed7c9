import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinySettings } from '../../test/support/tiny-run.js'
import { judgeRun, openOrCreateRun, type RunFolder, trainRun } from '../experiment/index.js'
import { evidenceFeatures } from '../retrieval/index.js'
import { inspect, openRun, type RunInUse, recommend } from './index.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-use-'))
const data = join(folder, 'tiny.csv')
let run: RunFolder
beforeAll(() => {
  run = openOrCreateRun(
    join(folder, 'run'),
    tinySettings(folder, { strategies: ['adaptive'], rounds: { count: 1, rows: 2 } }),
  )
})
afterAll(() => {
  makeWritable(folder)
  rmSync(folder, { recursive: true, force: true })
})

const using = async <T>(use: (open: RunInUse) => Promise<T>, path = run.path): Promise<T> => {
  const open = await openRun(path, { threads: 1 })
  try {
    return await use(open)
  } finally {
    await open.dispose()
  }
}

describe('a run that is not trained', () => {
  it('can neither recommend nor be judged, and says what to do', async () => {
    await expect(openRun(run.path)).rejects.toMatchObject({ code: 'state', hint: expect.stringContaining('train') })
    await expect(judgeRun(run, {})).rejects.toMatchObject({
      code: 'state',
      hint: expect.stringContaining('adaptrec train --run'),
    })
  })

  it('says that the same command goes on when it is stopped', async () => {
    const controller = new AbortController()
    const progress = () => controller.abort('SIGINT')
    await expect(trainRun(run, { signal: controller.signal, progress })).rejects.toMatchObject({
      code: 'aborted',
      hint: expect.stringContaining('same command again'),
    })
  })
})

describe('a trained run in use', () => {
  beforeAll(async () => {
    await trainRun(run, {})
  }, 120_000)

  it('recommends to a user and to titles, never what they have', async () => {
    await using(async (open) => {
      const options = { top: 3, candidates: 8, explained: 1 }
      const forUser = await recommend(open, { user: 'u4' }, options)
      expect(forUser.items).toHaveLength(3)
      expect(forUser.items[0]!.influences?.length).toBeGreaterThan(0)
      const forTitles = await recommend(open, { titles: ['Film A (1980)', 'film b'] }, options)
      for (const { title } of forTitles.items) expect(['Film A (1980)', 'Film B (1981)']).not.toContain(title)
    })
  })

  it('names near matches of an unknown title and asks for at least one', async () => {
    await using(async (open) => {
      await expect(recommend(open, { titles: ['Flim A'] })).rejects.toMatchObject({
        code: 'unknown-item',
        hint: expect.stringContaining('Film A (1980)'),
      })
      await expect(recommend(open, { titles: [] })).rejects.toMatchObject({ code: 'data' })
      await expect(recommend(open, { user: 'nobody' })).rejects.toMatchObject({ code: 'unknown-user' })
      await expect(inspect(open, { user: 'nobody' })).rejects.toMatchObject({ code: 'unknown-user' })
    })
  })

  it('looks into any user, and finds the item that is held out among the ranked', async () => {
    await using(async (open) => {
      const view = await inspect(open, { user: 'u7' })
      expect(view.prompts.recommendation).toMatch(/Viewer: .*;/)
      expect(view.prompts.similarityRetrieval).toContain('A (')
      expect(view.reason).toMatch(/stands first/)
      expect(view.ranking.some(({ isTarget }) => isTarget)).toBe(false)
      const held = await inspect(open, { user: 'u7' }, { holdOut: true })
      expect(held.ranking.filter(({ isTarget }) => isTarget)).toHaveLength(1)
      expect(held.history.at(-1)).toBe(view.history.at(-2))
    })
  })

  it('stops for a client that hangs up', async () => {
    await using(async (open) => {
      const signal = AbortSignal.abort('gone')
      await expect(recommend(open, { user: 'u4' }, { signal })).rejects.toMatchObject({ code: 'aborted' })
    })
  })

  it('knows all histories, not the training part', async () => {
    await using(async ({ dataset, recommender }) => {
      const last = dataset.itemOf[dataset.offsets[1]! - 1]!
      const { retrieval } = await recommender.reach({ history: [last] }, 'adaptive')
      expect(retrieval!.evidence.features([last])).toHaveLength(evidenceFeatures.length)
    })
  })

  it('may be open several times over, from a folder that can only be read', async () => {
    const readOnly = join(folder, 'read-only')
    cpSync(run.path, readOnly, { recursive: true })
    makeReadOnly(readOnly)
    const before = listing(readOnly)
    const lists = await Promise.all(
      [1, 2].map(() => using((open) => recommend(open, { user: 'u4' }, { top: 3, candidates: 8 }), readOnly)),
    )
    expect(lists[0]).toEqual(lists[1])
    expect(listing(readOnly)).toEqual(before)
  })
})

describe('data that changes after training', () => {
  const original = () => readFileSync(data, 'utf8')
  const list = () => using((open) => recommend(open, { titles: ['Film A (1980)'] }, { top: 3, candidates: 8 }))

  it('gives the same answers in another order', async () => {
    const text = original()
    const [header, ...lines] = text.trim().split('\n')
    const expected = await list()
    writeFileSync(data, [header, ...[...groupByUser(lines).values()].reverse().flat()].join('\n'))
    try {
      expect(await list()).toEqual(expected)
    } finally {
      writeFileSync(data, text)
    }
  })

  it('may have new users, items and events, which count at once', async () => {
    const text = original()
    writeFileSync(data, `${text.trim()}\nnew,i0,4,5000,Film A (1980)\nnew,brand-new,4,5001,A New Film (2020)\n`)
    try {
      await using(async (open) => {
        const { items } = await recommend(open, { user: 'new' }, { top: 3, candidates: 8 })
        expect(items).toHaveLength(3)
        expect(open.dataset.items.at(-1)!.title).toBe('A New Film (2020)')
        await recommend(open, { titles: ['A New Film (2020)', 'Film A (1980)'] })
      })
    } finally {
      writeFileSync(data, text)
    }
  })

  it('is refused in clear words when it lost what was trained', async () => {
    const text = original()
    writeFileSync(data, text.replaceAll(/^.*,i0,.*\n/gm, ''))
    try {
      await expect(openRun(run.path)).rejects.toMatchObject({
        code: 'state',
        message: expect.stringContaining('Film A (1980) (i0)'),
        hint: expect.stringContaining('train again'),
      })
    } finally {
      writeFileSync(data, text)
    }
  })

  it('is never judged with what was trained before', async () => {
    const text = original()
    writeFileSync(data, `${text.trim()}\nu0,i9,4,9000,\n`)
    try {
      await expect(judgeRun(run, {})).rejects.toMatchObject({
        code: 'state',
        message: expect.stringContaining('the data changed since'),
      })
    } finally {
      writeFileSync(data, text)
    }
    await judgeRun(run, {}) // with the old data all is as it was
  }, 120_000)
})

describe('a training that is not finished', () => {
  it('is said to be so by what is judged', async () => {
    const wanted = openOrCreateRun(run.path, { ...run.settings, strategies: ['adaptive', 'user-agnostic'] })
    const { methods, warnings } = await judgeRun(wanted, {})
    expect(methods.map(({ name }) => name)).not.toContain('user-agnostic')
    expect(warnings.join(' ')).toContain('The strategy user-agnostic is left out: it is not trained in this run.')
  }, 60_000)
})

describe('a model that changes after training', () => {
  it('is refused under the same path', async () => {
    const file = join(folder, 'model', 'config.json')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('{', '{ "note": "another",'))
    try {
      await expect(openRun(run.path)).rejects.toMatchObject({
        code: 'state',
        message: expect.stringContaining('other weights'),
      })
    } finally {
      writeFileSync(file, text)
    }
  })
})

function groupByUser(lines: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const line of lines) groups.set(line.split(',')[0]!, [...(groups.get(line.split(',')[0]!) ?? []), line])
  return groups
}

function eachPath(root: string, visit: (path: string, isFolder: boolean) => void): void {
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true }))
    visit(join(entry.parentPath, entry.name), entry.isDirectory())
}

function listing(root: string): string[] {
  const found: string[] = []
  eachPath(root, (path) => found.push(`${path} ${statSync(path).mtimeMs}`))
  return found.sort()
}

function makeReadOnly(root: string): void {
  eachPath(root, (path, isFolder) => chmodSync(path, isFolder ? 0o555 : 0o444))
  chmodSync(root, 0o555)
}

function makeWritable(root: string): void {
  chmodSync(root, 0o755)
  for (const entry of readdirSync(root, { withFileTypes: true }))
    if (entry.isDirectory()) makeWritable(join(root, entry.name))
}
