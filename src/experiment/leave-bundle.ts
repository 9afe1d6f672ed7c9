/** @file What a trained run leaves for use: its bundle. */

import { readFileSync } from 'node:fs'
import { findStrategy, loadRefinedSelection } from '../methods/index.js'
import { type Strategy, type TrainedStrategy, writeBundle } from '../recommender/index.js'
import type { Prepared } from './prepare.js'
import { filesOf } from './run-folder.js'

/** Writes the bundle of all strategies that are trained. @throws AdaptRecError `storage`. */
export function leaveBundle({ run, study, modelHash, templates }: Prepared): void {
  const { settings, dataset, encoder } = study
  const strategies = new Map<Strategy, TrainedStrategy>()
  for (const strategy of settings.strategies) {
    const found = findStrategy(study, strategy)
    if (found.state === 'kept') strategies.set(strategy, found.value.trained)
  }
  const { criteria, selectionAdapter } = loadRefinedSelection(study).refined
  writeBundle(filesOf(run).bundle, {
    version: version(),
    model: { source: settings.model, sha256: modelHash, precision: settings.scoringPrecision },
    data: run.settings.data,
    settings: withoutTemplateFiles(run.settings.recommender),
    templates,
    items: dataset.items,
    criteria,
    strategies,
    selectionAdapter,
    encoder,
  })
}

/** The bundle holds the texts of the templates; the files that they came from are of no more use. */
function withoutTemplateFiles(settings: Prepared['run']['settings']['recommender']) {
  const { recommendation: _, similarityRetrieval: __, ...prompt } = settings.prompt
  return { ...settings, prompt }
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
