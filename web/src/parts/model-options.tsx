/** @file Models as the options of a choice, each with its state. */

import type { Model } from '../api/types.js'

/** An option for each model, by its id. */
export function ModelOptions({ models }: { readonly models: readonly Model[] }) {
  return models.map(({ modelId, state }) => (
    <option key={modelId} value={modelId}>
      {modelId} ({state})
    </option>
  ))
}
