/** @file What a trained run leaves for use: its bundle. */

import { ownPackage, type Task } from '../base/index.js'
import { catalogueOf, historiesOf } from '../data/index.js'
import { findStrategy, loadRefinedSelection } from '../methods/index.js'
import { keepStates, type Strategy, type TrainedStrategy, writeBundle } from '../recommender/index.js'
import { UserRetriever } from '../retrieval/index.js'
import type { Prepared } from './prepare.js'
import { filesOf } from './run-folder.js'

/** Writes the bundle of all strategies that are trained, and what makes opening it fast. @throws AdaptRecError `storage`, `aborted`. */
export async function leaveBundle({ run, study, modelHash, templates }: Prepared, task: Task): Promise<void> {
  const { settings, dataset, encoder } = study
  const strategies = new Map<Strategy, TrainedStrategy>()
  for (const strategy of settings.strategies) {
    const found = findStrategy(study, strategy)
    if (found.state === 'kept') strategies.set(strategy, found.value.trained)
  }
  const { criteria, selectionAdapter } = loadRefinedSelection(study).refined
  const { bundle } = filesOf(run)
  writeBundle(bundle, {
    version: ownPackage().version,
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
  const inUse = { catalogue: catalogueOf(dataset), histories: historiesOf(dataset), encoder }
  keepStates(bundle, dataset, encoder, (await UserRetriever.build(inUse, task)).states())
}

/** The bundle holds the texts of the templates; the files that they came from are of no more use. */
function withoutTemplateFiles(settings: Prepared['run']['settings']['recommender']) {
  const { recommendation: _, similarityRetrieval: __, ...prompt } = settings.prompt
  return { ...settings, prompt }
}
