/**
 * @file What is read of a trained run's folder for people: its result, its curves, its rounds. Knows the files by ARCHITECTURE.md ("A run") and reads
 * them leniently, for they are shown and decide nothing.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { strategyNames } from '../../recommender/index.js'

type Json = Record<string, unknown>

/** The settings that a run was made with; undefined where there are none. */
export function settingsOfRun(folder: string): Json | undefined {
  return readObject(join(folder, 'settings.json'))
}

/** What the service noted of a training that it made. */
export function requestOfRun(folder: string): Json | undefined {
  return readObject(join(folder, 'request.json'))
}

/** The head of the bundle that a training left. */
export function bundleOfRun(folder: string): Json | undefined {
  return readObject(join(folder, 'bundle', 'bundle.json'))
}

/** What `evaluate` found; undefined before it. */
export function resultOfRun(folder: string): Json | undefined {
  return readObject(join(folder, 'result.json'))
}

/**
 * What is kept of a result with a model: each metric of its most able strategy with its interval, and the first place of all that was compared.
 * Empty before `evaluate`.
 */
export function metricsOfRun(folder: string): Json {
  const result = resultOfRun(folder)
  const methods = (result?.methods ?? []) as { name: string; kind: string; metrics: Json }[]
  const own = [...strategyNames].reverse().flatMap((name) => methods.filter((method) => method.name === name))[0]
  if (!own) return {}
  const { protocol, rows, users, candidates } = result!
  const compared = methods.filter(({ name }) => name !== own.name)
  return {
    ...own.metrics,
    method: own.name,
    protocol,
    rows,
    users,
    candidates,
    others: compared.map(({ name, kind, metrics }) => ({ name, kind, 'hitRatio@1': metrics['hitRatio@1'] ?? null })),
  }
}

/** The points of every curve by what was trained, the rounds of one adapter one after the other. */
export function curvesOfRun(folder: string): Record<string, Json[]> {
  const training = join(folder, 'training')
  const curves: Record<string, Json[]> = {}
  for (const name of foldersIn(training)) {
    const parts = [join(training, name), ...roundsIn(join(training, name))]
    const points = parts.flatMap((part) => readLines(join(part, 'curve.jsonl')))
    if (points.length > 0) curves[name] = points
  }
  return curves
}

/** What each round of feedback found, in order. */
export function roundsOfRun(folder: string): Json[] {
  const rounds = roundsIn(join(folder, 'rounds')).map((round) => readObject(join(round, 'round.json')))
  return rounds.filter((round) => round !== undefined)
}

function roundsIn(folder: string): string[] {
  const numbered = foldersIn(folder).flatMap((name) => {
    const number = /^round-(\d+)$/.exec(name)?.[1]
    return number === undefined ? [] : [{ name, number: Number(number) }]
  })
  return numbered.sort((a, b) => a.number - b.number).map(({ name }) => join(folder, name))
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

function readObject(file: string): Json | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Json
  } catch {
    return undefined // not there yet, or being shown is not worth an error
  }
}

/** Lines that are whole; the last may be in the middle of being written. */
function readLines(file: string): Json[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Json]
      } catch {
        return []
      }
    })
}
