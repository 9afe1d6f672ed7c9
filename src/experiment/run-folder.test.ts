import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { clearUnfinished, openOrCreateRun, openRunFolder, saveSettings } from './run-folder.js'
import { settingsSchema } from './settings.js'

const settings = settingsSchema.parse({})

describe('a run folder', () => {
  it('gives back the settings that it was made with', () => {
    const folder = `${temporaryFolder()}/run`
    const run = openOrCreateRun(folder, settings)
    const settled = { ...settings, recommender: { ...settings.recommender, domain: 'film' } }
    expect(run.settings).toEqual(settled)
    expect(existsSync(folder)).toBe(false) // nothing is written before it is known to be good
    saveSettings(run)
    expect(openRunFolder(folder).settings).toEqual(settled)
    expect(readFileSync(`${folder}/settings.json`, 'utf8')).toBe(
      `${JSON.stringify(openRunFolder(folder).settings, null, 2)}\n`,
    )
  })

  it.each([
    ['artist', { 'artists.dat': '', 'user_taggedartists.dat': '' }],
    ['book', { 'user_rating_1000_to_2000.csv': '' }],
    ['film', { 'u.data': '', 'u.item': '' }],
    ['film', { 'plays.csv': '' }],
  ])('speaks of the items of the data set: %s, unless told otherwise', (domain, files) => {
    const data = { source: temporaryFolder(files) }
    const run = (recommender: object) => openOrCreateRun('none', settingsSchema.parse({ data, recommender }))
    expect(run({}).settings.recommender.domain).toBe(domain)
    expect(run({ domain: 'item' }).settings.recommender.domain).toBe('item')
  })

  it('settles the domain of data that is not there yet, and leaves the refusal to the reading', () => {
    const data = { source: 'no/such/folder' }
    expect(openOrCreateRun('none', settingsSchema.parse({ data })).settings.recommender.domain).toBe('film')
  })

  it.each([
    [{ ties: 'shuffle' }, 'ties'],
    [{ core: { users: 0 } }, 'core'],
    [{ core: { user: 5 } }, 'core'],
  ])('refuses the data settings %j', (data, name) => {
    const { success, error } = settingsSchema.safeParse({ data })
    expect(success).toBe(false)
    expect(error?.issues[0]?.path).toContain(name)
  })

  it('is refused under other settings, and every difference is named', () => {
    const folder = temporaryFolder()
    saveSettings(openOrCreateRun(folder, settings))
    const before = readFileSync(`${folder}/settings.json`, 'utf8')
    const other = { ...settings, shots: 8, lora: { ...settings.lora, rank: 4 } }
    expect(() => openOrCreateRun(folder, other)).toThrow(/lora.rank was 16 and is now 4; shots was "full" and is now 8/)
    expect(readFileSync(`${folder}/settings.json`, 'utf8')).toBe(before)
  })

  it('takes other test rows, threads and strategies, which decide nothing of what is trained', () => {
    const folder = temporaryFolder()
    saveSettings(openOrCreateRun(folder, settings))
    const other = openOrCreateRun(folder, {
      ...settings,
      testRows: 5,
      threads: 1,
      sessions: 1,
      gradientCheckpointing: true,
      strategies: ['multi-user'],
    })
    saveSettings(other)
    expect(openRunFolder(folder).settings).toMatchObject({
      testRows: 5,
      threads: 1,
      sessions: 1,
      strategies: ['multi-user'],
    })
  })

  it('says what to do where there is none, or where its settings are damaged', () => {
    const folder = temporaryFolder()
    expect(() => openRunFolder(folder)).toThrow(
      expect.objectContaining({ code: 'state', hint: expect.stringContaining('train') }),
    )
    writeFileSync(`${folder}/settings.json`, '{"seed": 1')
    expect(() => openRunFolder(folder)).toThrow(
      expect.objectContaining({ code: 'state', hint: expect.stringContaining('--run') }),
    )
    writeFileSync(`${folder}/settings.json`, '{"seed": "one"}')
    expect(() => openRunFolder(folder)).toThrow(/settings.json: seed: .*"one"/)
  })

  it('gives back what a killed process was replacing, and clears away what it had half written', () => {
    const folder = temporaryFolder({
      'adapters/adaptive.0123456789ab.old/evidence.json': 'kept',
      'adapters/multi-user.0123456789ab.tmp/evidence.json': 'half',
      'rounds/round-1/round.json': 'whole',
      'result.json.0123456789ab.tmp': '{"ha',
    })
    clearUnfinished({ path: folder, settings })
    expect(readFileSync(`${folder}/adapters/adaptive/evidence.json`, 'utf8')).toBe('kept')
    expect(readdirSync(`${folder}/adapters`)).toEqual(['adaptive'])
    expect(readdirSync(folder).sort()).toEqual(['adapters', 'rounds'])
  })
})
