/**
 * @file Lists for everybody as a folder, for processes elsewhere: the bundle, everybody, what decides a list, and the model where it is small. `job.json`
 * is written last, so a folder that has one is whole. `cluster/lists.py` hands out its parts, `cli/lists-worker.ts` makes them.
 */

import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { MadeFrom } from '../../artifacts/index.js'
import { isAsset } from '../../assets/index.js'
import { AdaptRecError, ownPackage, readJson, sha256, writeJsonAtomic } from '../../base/index.js'
import { filesOfSmallModel } from '../../cluster/index.js'
import { type Bundle, statesFolder } from '../../recommender/index.js'
import type { Everybody } from './everybody.js'
import type { ListSettings } from './list-maker.js'
import type { Division } from './list-work.js'
import { readPeople, writePeople } from './people.js'

const FORMAT = 'adaptrec-lists-job'
const VERSION = 1

const count = z.int().min(0)
const jobSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  /** Of adaptrec: the same makes the same lists. */
  adaptrec: z.string(),
  settings: z.strictObject({ top: count.min(1), candidates: count.min(1), margin: z.number().min(0).exactOptional() }),
  division: z.strictObject({ users: count, usersOfPart: count.min(1) }),
})

/** A job as its folder says it. */
export type ListsJob = z.output<typeof jobSchema>

/** What goes into a job. */
export interface ListsToMake {
  readonly bundle: Bundle
  readonly everybody: Everybody
  readonly settings: ListSettings
  readonly division: Division
  /** All that decides the lists; the same gives the same job. */
  readonly madeFrom: MadeFrom
}

const fileOf = (folder: string) => join(folder, 'job.json')

/** Writes a job folder, or takes the one of the same job that is there. @throws AdaptRecError `storage`. */
export async function writeListsJob(folder: string, wanted: ListsToMake): Promise<ListsJob> {
  const { bundle, everybody, settings, division, madeFrom } = wanted
  const adaptrec = ownPackage().version
  const id = sha256(JSON.stringify([madeFrom, adaptrec, FORMAT, VERSION])).slice(0, 16)
  const known = existsSync(fileOf(folder)) ? readJson(fileOf(folder), jobSchema) : undefined
  if (known?.id === id) return known
  rmSync(folder, { recursive: true, force: true })
  const copy = join(folder, 'bundle')
  cpSync(bundle.folder, copy, { recursive: true })
  const states = statesFolder(bundle.folder) // taken where they are of this data, else made anew by each worker
  if (existsSync(states)) cpSync(states, statesFolder(copy), { recursive: true })
  const { source } = bundle.model
  const hasModel = !isAsset(source) && existsSync(source) // an asset is fetched by whoever needs it
  for (const [name, file] of hasModel ? filesOfSmallModel(source) : []) cpSync(file, join(folder, 'model', name))
  await writePeople(join(folder, 'people'), everybody)
  const { top, candidates, margin } = settings
  const job: ListsJob = {
    format: FORMAT,
    version: VERSION,
    id,
    adaptrec,
    settings: { top, candidates, ...(margin === undefined ? {} : { margin }) },
    division: { users: division.users, usersOfPart: division.usersOfPart },
  }
  writeJsonAtomic(fileOf(folder), job)
  return job
}

/** A job, opened to be worked on. */
export interface OpenListsJob extends Pick<ListsJob, 'settings' | 'division'> {
  readonly everybody: Everybody
  /** Where the model went along; undefined where it did not. */
  readonly modelAt: string | undefined
}

/** The job of a folder. @throws AdaptRecError `state` for a folder that is none, of another version of adaptrec, or damaged. */
export async function openListsJob(folder: string): Promise<OpenListsJob> {
  const { adaptrec, settings, division } = readJson(fileOf(folder), jobSchema)
  const own = ownPackage().version
  if (adaptrec !== own) {
    throw new AdaptRecError('state', `The job is of adaptrec ${adaptrec}, and here is ${own}.`, {
      hint: `Install the same on every machine: npm install --global adaptrec@${adaptrec}`,
    })
  }
  const model = join(folder, 'model')
  const file = join(model, 'model.gguf')
  return {
    settings,
    division,
    everybody: await readPeople(join(folder, 'people')),
    modelAt: existsSync(file) ? file : existsSync(model) ? model : undefined,
  }
}
