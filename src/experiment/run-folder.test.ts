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
    expect(run.settings).toEqual(settings)
    expect(existsSync(folder)).toBe(false) // nothing is written before it is known to be good
    saveSettings(run)
    expect(openRunFolder(folder).settings).toEqual(settings)
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
