/** @file Atomic files read here again: node interchange-read-back.mjs FOLDER QUESTIONS */

import { readFileSync } from 'node:fs'
import { readDataset } from '../../src/data/index.js'

const [, , folder, questionsPath] = process.argv
const told = JSON.parse(readFileSync(questionsPath, 'utf8'))
const { userIds, items, itemOf } = await readDataset({ path: folder, kind: 'auto', core: { users: 1, items: 1 } })
const found = [userIds.length, items.length, itemOf.length]
const expected = [told.users, told.items, told.interactions]
console.log(`${found.join(', ')} users, items, interactions; expected ${expected.join(', ')}`)
process.exit(found.join() === expected.join() ? 0 : 1)
