/**
 * @file Lists for everybody, part by part, so that work that was stopped goes on: the same steps as for one user, as many users at once as the
 * language model has sessions for. Bounded memory: beside the histories, it holds the lists of the parts under way.
 */

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { MadeFrom } from '../../artifacts/index.js'
import { AdaptRecError, mapAtOnce, sha256, startStage } from '../../base/index.js'
import type { Store } from '../../store/index.js'
import type { ServingTask } from '../parts-of-run.js'
import { rankByLlm, similarUsersOf } from '../recommend.js'
import { leadOf, rankByEvidence } from '../service/answer/rank.js'
import { type Everybody, everybodyOfRun, everybodyOfStore } from './everybody.js'
import { isMade, type ListRow, openParts } from './list-parts.js'

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
}

/** What was done. */
export interface AllLists {
  readonly out: string
  /** Users with a list in the file. */
  readonly users: number
  /** Lists that were made now; the others were there. */
  readonly made: number
  /** Of these, lists that the language model was asked for. */
  readonly asked: number
  /** Seconds that these took, without opening. */
  readonly seconds: number
  /** Seconds of all cores together that they took. */
  readonly coreSeconds: number
}

/** Users of a part: what of them is under way is all that a stop costs. */
const usersOfPart = { askedAlways: 50, askedByMargin: 500 }
/** Parts under way: while the last users of one are asked about, the next begins. */
const PARTS_AT_ONCE = 2
/** Sessions where nothing else is said; each holds the language model. */
const MOST_SESSIONS = 8

/**
 * Makes a list for every user and writes all as one Parquet file, a row for each item, users in their order. What was stopped goes on when the
 * same is called again; parts of another model, other data or other settings are made anew, which `task.notice` is told.
 * @throws AdaptRecError `state` for a run that is not trained or where another process writes the same file, `storage`, `aborted` with what is kept.
 */
export async function recommendAll(
  runFolder: string,
  { out, store, top = 20, candidates: count = 20, margin }: RecommendAllOptions,
  task: ServingTask = {},
): Promise<AllLists> {
  const threads = task.threads ?? availableParallelism()
  const sessions = task.sessions ?? Math.min(MOST_SESSIONS, threads)
  const how = { ...task, threads, sessions }
  const everybody = await (store ? everybodyOfStore(runFolder, store, how) : everybodyOfRun(runFolder, how))
  try {
    const perPart = margin === undefined ? usersOfPart.askedAlways : usersOfPart.askedByMargin
    const settings = { top, candidates: Math.max(top, count), margin: margin ?? 'none', 'users of a part': perPart }
    const madeFrom = { bundle: bundleHash(runFolder), ...everybody.madeFrom, ...settings }
    const makeList = listMaker(everybody, { top, candidates: settings.candidates, margin, signal: task.signal })
    return await makeAll(resolve(out), everybody.count, perPart, madeFrom, makeList, how)
  } finally {
    await everybody.run.dispose()
  }
}

/** All of a bundle by the hashes in its manifest. */
function bundleHash(runFolder: string): string {
  return sha256(readFileSync(join(runFolder, 'bundle', 'manifest.json')))
}

interface ListOptions {
  readonly top: number
  readonly candidates: number
  readonly margin: number | undefined
  readonly signal: AbortSignal | undefined
}

type MakeList = (place: number) => Promise<ListRow[]>

/** Makes the list of the user at a place, as `recommend` makes it. */
function listMaker(
  { run, idOf, targetUserOf, mayShow }: Everybody,
  { top, candidates: count, margin, signal }: ListOptions,
): MakeList {
  const { recommender, strategy, trained } = run
  return async (place) => {
    const targetUser = targetUserOf(place)
    const reach = await recommender.reach(targetUser, strategy, signal)
    const had = new Set(targetUser.history)
    const rules = mayShow && { allows: (item: number) => !had.has(item) && mayShow(item) }
    const candidates = await recommender.propose(reach, count, rules)
    if (candidates.length === 0) return []
    const rowOf = (item: number, at: number, score: number, logProbability: number | null): ListRow => ({
      userId: idOf(place),
      rank: at + 1,
      itemId: recommender.parts.catalogue.items[item]!.id,
      title: recommender.titleOf(item),
      score,
      logProbability,
      similarUsers: similarUsersOf(reach, item),
      source: logProbability === null ? 'evidence' : 'llm',
    })
    const byEvidence = margin === undefined ? [] : rankByEvidence(reach, candidates, trained)
    if (margin !== undefined && leadOf(byEvidence) > margin) {
      return byEvidence.slice(0, top).map(({ item, score }, at) => rowOf(item, at, score, null))
    }
    const { scores, order } = await rankByLlm(run, reach, candidates, top, signal)
    return order.map((c, at) => rowOf(candidates[c]!, at, scores.total[c]!, scores.logProbability[c]!))
  }
}

async function makeAll(
  out: string,
  users: number,
  perPart: number,
  madeFrom: MadeFrom,
  makeList: MakeList,
  task: ServingTask & { readonly threads: number; readonly sessions: number },
): Promise<AllLists> {
  if (await isMade(out, madeFrom, task.notice)) {
    task.notice?.(`${out} is complete already, of the same model, data and settings.`)
    return { out, users, made: 0, asked: 0, seconds: 0, coreSeconds: 0 }
  }
  const parts = openParts(out, madeFrom, task.notice)
  try {
    const count = Math.ceil(users / perPart)
    const missing = Array.from({ length: count }, (_, part) => part).filter((part) => !parts.done.has(part))
    const sizeOf = (part: number) => Math.min(perPart, users - part * perPart)
    const already = users - missing.reduce((sum, part) => sum + sizeOf(part), 0)
    if (already > 0) task.notice?.(`Going on: ${already} of ${users} users have their list.`)
    const report = startStage(task.progress, 'Recommending to everybody', users, already)
    const [begin, cpuBegin] = [performance.now(), process.cpuUsage()]
    let [made, asked] = [0, 0]
    const taken = () => {
      const { user, system } = process.cpuUsage(cpuBegin)
      return { made, asked, seconds: (performance.now() - begin) / 1000, coreSeconds: (user + system) / 1e6 }
    }
    const makePart = async (part: number) => {
      const places = Array.from({ length: sizeOf(part) }, (_, i) => part * perPart + i)
      const work = async (place: number) => {
        const rows = await makeList(place)
        if (rows[0]?.source === 'llm') asked++
        report(already + ++made)
        return rows
      }
      const lists = await mapAtOnce(places, task.sessions + 1, work, { signal: task.signal })
      await parts.write(part, lists.flat())
    }
    await mapAtOnce(missing, PARTS_AT_ONCE, makePart, { signal: task.signal }).catch((error: unknown) => {
      throw task.signal?.aborted ? stopped(out, taken(), error) : error
    })
    const figures = taken()
    await parts.finish(count)
    return { out, users, ...figures }
  } finally {
    parts.close()
  }
}

function stopped(out: string, { made, coreSeconds }: Pick<AllLists, 'made' | 'coreSeconds'>, cause: unknown) {
  const took = `${made} lists took ${coreSeconds.toFixed(1)} s of one core`
  return new AdaptRecError(
    'aborted',
    `Stopped: ${took}; the parts that were finished are kept in ${basename(out)}.parts.`,
    { hint: 'Run the same command again: it goes on from there.', cause },
  )
}
