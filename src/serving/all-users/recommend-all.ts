/**
 * @file Lists for everybody, part by part, so that work that was stopped goes on: the same steps as for one user, in this process or in those of a
 * cluster. Bounded memory: beside the histories, it holds the lists of the parts under way.
 */

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { MadeFrom } from '../../artifacts/index.js'
import { AdaptRecError, sha256 } from '../../base/index.js'
import { type Bundle, readBundle } from '../../recommender/index.js'
import type { Store } from '../../store/index.js'
import { openRunOf } from '../open-run.js'
import type { ServingTask } from '../parts-of-run.js'
import { countOf, type Everybody, everybodyOfRun, everybodyOfStore, madeFromOf } from './everybody.js'
import { type ListSettings, listMaker } from './list-maker.js'
import { isMade, openParts } from './list-parts.js'
import { type Division, type Lists, type ListWork, partCount, workOf } from './list-work.js'
import { makeOnCluster, openListsCluster } from './lists-cluster.js'
import { makeHere } from './make-here.js'

export interface RecommendAllOptions {
  /** The Parquet file; while it grows, its parts lie in the folder `OUT.parts`. */
  readonly out: string
  /** Whose users and histories are taken. Default: those of the run's data. */
  readonly store?: Store | undefined
  /** Items of a list. Default 20. */
  readonly top?: number
  /** Items that are ranked for it; at least `top`. Default 20. */
  readonly candidates?: number
  /** Where the evidence's first leads by more, the language model is not asked. Default: it is always asked. */
  readonly margin?: number | undefined
  /** The cluster that makes them, `ray:http://host:8265`; this process without it. */
  readonly on?: string | undefined
}

/** What was done; lists that were there already are not in these figures. */
export interface AllLists extends Lists {
  readonly out: string
  /** Users with a list in the file. */
  readonly users: number
  /** Seconds that the missing ones took, without opening. */
  readonly seconds: number
}

/** Users of a part: what of them is under way is all that a stop costs. */
const usersOfPart = { askedAlways: 50, askedByMargin: 500 }
/** Sessions where nothing else is said; each holds the language model. */
const MOST_SESSIONS = 8

/**
 * Makes a list for every user and writes all as one Parquet file, a row for each item, users in their order. What was stopped goes on when the
 * same is called again; parts of another model, other data or other settings are made anew, which `task.notice` is told.
 * @throws AdaptRecError `state` for a run that is not trained or where another process writes the same file, `storage`, `aborted` with what is kept;
 *   with `on` also `usage` for an address that is none, `busy` for a cluster that is gone or full, `engine` for work that failed there.
 */
export async function recommendAll(
  runFolder: string,
  { out, store, top = 20, candidates = 20, margin, on }: RecommendAllOptions,
  task: ServingTask = {},
): Promise<AllLists> {
  const cluster = on === undefined ? undefined : openListsCluster(on)
  await cluster?.cluster.check()
  const bundle = readBundle(join(runFolder, 'bundle'))
  const everybody = await (store ? everybodyOfStore(bundle, store, task) : everybodyOfRun(bundle, task))
  const settings = { top, candidates: Math.max(top, candidates), margin }
  const perPart = margin === undefined ? usersOfPart.askedAlways : usersOfPart.askedByMargin
  const division = { users: countOf(everybody), usersOfPart: perPart }
  const madeFrom: MadeFrom = {
    bundle: sha256(readFileSync(join(runFolder, 'bundle', 'manifest.json'))), // names the hash of every file
    ...madeFromOf(everybody),
    ...settings,
    margin: margin ?? 'none',
    'users of a part': perPart,
    ...(task.model === undefined ? {} : { 'model on a server': task.model }),
    ...cluster?.madeFrom,
  }
  const file = resolve(out)
  const { users } = division
  if (await isMade(file, madeFrom, task.notice)) {
    task.notice?.(`${file} is complete already, of the same model, data and settings.`)
    return { out: file, users, made: 0, asked: 0, seconds: 0, coreSeconds: 0, workerSeconds: 0 }
  }
  const parts = openParts(file, madeFrom, task.notice)
  try {
    const work = workOf(parts, division, task)
    const wanted = { everybody, settings, division }
    const making = cluster
      ? makeOnCluster(cluster, work, { ...wanted, bundle, madeFrom }, task)
      : makeInProcess(bundle, work, wanted, task)
    await making.catch((error: unknown) => {
      throw task.signal?.aborted ? stopped(file, work.taken(), error) : error
    })
    const taken = work.taken()
    await parts.finish(partCount(division))
    return { out: file, users, ...taken }
  } finally {
    parts.close()
  }
}

interface Wanted {
  readonly everybody: Everybody
  readonly settings: ListSettings
  readonly division: Division
}

async function makeInProcess(
  bundle: Bundle,
  work: ListWork,
  { everybody, settings, division }: Wanted,
  task: ServingTask,
): Promise<void> {
  const threads = task.threads ?? availableParallelism()
  const sessions = task.sessions ?? Math.min(MOST_SESSIONS, threads)
  const run = await openRunOf(bundle, { ...task, threads, sessions }, async () => everybody.dataset)
  try {
    const makeList = listMaker(run, everybody, settings, task.signal)
    await makeHere(work, division, makeList, { sessions, signal: task.signal })
  } finally {
    await run.dispose()
  }
}

function stopped(out: string, { made, coreSeconds }: Lists, cause: unknown) {
  const took = `${made} lists took ${coreSeconds.toFixed(1)} s of one core`
  return new AdaptRecError(
    'aborted',
    `Stopped: ${took}; the parts that were finished are kept in ${basename(out)}.parts.`,
    { hint: 'Run the same command again: it goes on from there.', cause },
  )
}
