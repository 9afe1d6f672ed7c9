/** @file The features of the collective evidence that count: all, but in an ablation that leaves some out. */

import { evidenceFeatures } from '../retrieval/index.js'
import type { MethodSettings } from './settings.js'

/** The features (C, F) with the columns of those that the settings leave out at 0, so that no weight is fitted to them; the same array where all count. */
export function countedFeatures({ without }: Pick<MethodSettings, 'without'>, features: Float32Array): Float32Array {
  const names: readonly string[] = without?.features ?? []
  if (names.length === 0) return features
  const counts = evidenceFeatures.map((column) => !column.split(' x ').some((name) => names.includes(name)))
  return features.map((value, i) => (counts[i % counts.length] ? value : 0))
}
