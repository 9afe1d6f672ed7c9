/**
 * @file A trained strategy on disk: PEFT's two files, so that PEFT, vLLM and llama.cpp's converter take it, and `evidence.json` beside
 * them with the weights of the sum, which are ours alone.
 */

import type { Artifact } from '../artifacts/index.js'
import { loadAdapter } from '../model/index.js'
import { filesOfStrategy, readStrategy, type TrainedStrategy } from '../recommender/index.js'
import { pathsOf, type Study } from './study.js'

/** The adapter of a strategy after a round, or of `pretraining` or `selection`. */
export function adapterArtifact(study: Study, name: string, round = 1): Artifact<TrainedStrategy> {
  return {
    name: `adapter of ${name}`,
    folder: pathsOf(study).adapter(name),
    madeFrom: { ...study.inputs, adapter: name, round },
    files: filesOfStrategy,
    read: (folder) => readStrategy(folder, (path) => loadAdapter(path, study.scorer.languageModel.config)),
  }
}
