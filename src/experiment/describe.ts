/** @file What a result says of its data, model, machine and settings. */

import { cpus, totalmem } from 'node:os'
import { listAssets } from '../assets/index.js'
import type { Dataset } from '../data/index.js'
import type { EvaluationInput } from '../evaluation/index.js'
import { wordingOf } from '../prompt/index.js'
import type { Prepared } from './prepare.js'
import type { Settings } from './settings.js'

type Described = Readonly<Record<string, string | number | boolean | null>>

/** Data set, protocol, seed and lists. */
export function describeData({
  study: { dataset, train },
  run,
  listHash,
}: Prepared): Pick<EvaluationInput, 'dataset' | 'protocol' | 'seed' | 'tieRule' | 'listHash' | 'negatives'> {
  const { settings } = run
  const { reading } = dataset
  const terms = listAssets().find(({ name }) => name === settings.data.source)?.license ?? reading?.set?.terms
  return {
    dataset: {
      name: dataset.name,
      users: dataset.userIds.length,
      items: dataset.items.length,
      interactions: dataset.itemOf.length,
      trainingRows: train.length,
      itemWord: wordingOf(settings.recommender.domain).item,
      ...(terms ? { terms } : {}),
    },
    protocol: settings.protocol,
    seed: settings.seed,
    tieRule: tieRuleOf(dataset),
    listHash,
    negatives: negativesInWords(settings),
  }
}

/** How interactions of equal time are ordered, in words. */
export function tieRuleOf({ reading, times }: Dataset): string {
  return times
    ? tieRules[reading?.ties ?? 'file']
    : 'no times are known: the order of the data is taken as order in time'
}

const tieRules = {
  file: 'interactions of equal time stand in the order of the file',
  random: 'interactions of equal time stand in random order, drawn once by the ids of user and item',
}

/** How the candidates beside the target came about. */
function negativesInWords({ protocol, negatives, negativesBy, repeats, coldItems, draws }: Settings): string {
  const own = repeats === 'rank' ? 'but the target' : 'that the user never interacted with'
  if (protocol === 'full') return `all items ${own}, for every method`
  const from = coldItems > 0 ? 'the cold items' : repeats === 'rank' ? 'all items' : 'the items'
  const how = negativesBy === 'popularity' ? 'in proportion to the number of interactions' : 'uniformly'
  const often = draws > 1 ? `${draws} times independently` : 'once'
  return `${negatives} drawn ${how} from ${from} ${own}, ${often}, for every method`
}

/** The LLM, by name and size. */
export function describeModel({ run, study }: Prepared): Described {
  const { languageModel } = study.scorer
  return {
    name: run.settings.model,
    architecture: languageModel.config.architecture,
    layers: languageModel.config.layers,
  }
}

/** The machine, without a name or an address. */
export function describeMachine(): Described {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  }
}

/** Settings as one flat list: "training.learningRate" and its value. */
export function flattenSettings(settings: object): Described {
  const flat: Record<string, string | number | boolean | null> = {}
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) walk(inner, path ? `${path}.${name}` : name)
    } else if (Array.isArray(value)) {
      flat[path] = value.join(', ')
    } else if (value !== undefined) {
      flat[path] = value as string | number | boolean | null
    }
  }
  walk(settings, '')
  return flat
}
