/** @file Models as the options of a choice, each with its state. */

import type { Model } from '../api/types.js'
import { moment } from '../base/format.js'

/** An option for each model, by its name and when it was made. */
export function ModelOptions({ models }: { readonly models: readonly Model[] }) {
  return models.map(({ modelId, name, state, createdAt }) => (
    <option key={modelId} value={modelId} title={modelId}>
      {name}, {moment(createdAt)} ({state})
    </option>
  ))
}
