/** @file The cells of a study: every run of its grid with its settings, in the order in which they run, each under a key made of its settings. */

import { parseWith, sha256 } from '../base/index.js'
import { type Settings, settingsSchema } from '../experiment/index.js'
import type { Study } from './study-file.js'

/** One run of the grid. */
export interface Cell {
  /** "lastfm/few-shot-16/seed-1", with the variant in the middle where it is one. */
  readonly label: string
  /** Hash of all that decides its figures, wherever its data lies. */
  readonly key: string
  readonly dataset: Study['datasets'][number]
  readonly mode: string
  /** Empty for the method as it is. */
  readonly variant: string
  readonly seed: number
  readonly settings: Settings
}

/**
 * All cells: breadth first, so that what a budget allows has something of everything. The first seed of every data set and mode, then the other
 * seeds, then the variants. @param sources paths that stand in for a data set's own, by its name.
 * @throws AdaptRecError `usage` where a cell's settings are wrong, naming the cell and the right names.
 */
export function cellsOf(study: Study, sources: Readonly<Record<string, string>> = {}): Cell[] {
  const { datasets, modes, variants, seeds } = study
  const whole = seeds.flatMap((seed) =>
    datasets.flatMap((dataset) => modes.map((mode) => ({ dataset, mode, variant: undefined, seed }))),
  )
  const changed = variants.flatMap((variant) =>
    (variant.seeds ?? seeds.slice(0, 1)).flatMap((seed) =>
      datasets
        .filter(({ name }) => variant.datasets?.includes(name) ?? true)
        .flatMap((dataset) =>
          modes
            .filter(({ name }, i) => variant.modes?.includes(name) ?? i === 0)
            .map((mode) => ({ dataset, mode, variant, seed })),
        ),
    ),
  )
  return [...whole, ...changed].map(({ dataset, mode, variant, seed }) => {
    const label = [dataset.name, mode.name, ...(variant ? [variant.name] : []), `seed-${seed}`].join('/')
    const source = { data: { source: dataset.source } }
    const patches = [study.common, dataset.settings, mode.settings, variant?.settings ?? {}, source, { seed }]
    const settings = parseWith(settingsSchema, patches.reduce(merge, {}), `The study ${study.name}, ${label}`)
    const path = sources[dataset.name]
    return {
      label,
      key: keyOf(settings),
      dataset,
      mode: mode.name,
      variant: variant?.name ?? '',
      seed,
      settings: path === undefined ? settings : { ...settings, data: { ...settings.data, source: path } },
    }
  })
}

/** Settings that decide how fast a cell is and nothing else. */
const means = ['threads', 'sessions', 'gradientCheckpointing']

function keyOf(settings: Settings): string {
  const deciding = Object.entries(settings).filter(([name]) => !means.includes(name))
  return sha256(JSON.stringify(deciding)).slice(0, 12)
}

/** The later patch wins; objects are merged name by name, all else is replaced. */
function merge(earlier: unknown, later: unknown): unknown {
  if (!isPlain(earlier) || !isPlain(later)) return later
  const names = [...new Set([...Object.keys(earlier), ...Object.keys(later)])]
  return Object.fromEntries(
    names.map((name) => [name, name in later ? merge(earlier[name], later[name]) : earlier[name]]),
  )
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
