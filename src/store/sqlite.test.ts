import { mkdirSync } from 'node:fs'
import { describe, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { copyContract, storeContract } from './contract.js'
import { openStore } from './open-store.js'

describe('a store in SQLite', () => {
  for (const [name, hold] of Object.entries({ ...storeContract, ...copyContract })) {
    it(name, async () => {
      const folder = temporaryFolder()
      const clock = { now: 1_700_000_000_000 }
      const openIn = (place: string) => openStore(`sqlite:${place}`, { now: () => clock.now })
      const store = await openIn(`${folder}/store`)
      onTestFinished(() => store.close())
      mkdirSync(`${folder}/own`)
      await hold(store, {
        clock,
        openAgain: () => openIn(`${folder}/store`),
        openBackup: openIn,
        folder: `${folder}/own`,
      })
    })
  }
})
