/** @file A model by the name that people know it by. Names are loaded once; an id that is not among them loads them again. */

import { useEffect, useState } from 'preact/hooks'
import { get } from '../api/client.js'
import type { Models } from '../api/types.js'
import { Title } from './title.js'

let names: ReadonlyMap<string, string> = new Map()
let loading: Promise<void> | undefined

/** Loads the names, once for all who ask meanwhile. */
function load(): Promise<void> {
  loading ??= get<Models>('v1/models')
    .then(({ rows }) => {
      names = new Map(rows.map(({ modelId, name }) => [modelId, name]))
    })
    .catch(() => undefined) // the id is shown, and the view tells what is wrong
    .finally(() => {
      loading = undefined
    })
  return loading
}

/** The name of a model; its id until that is known. */
function useModelName(modelId: string | undefined): string | undefined {
  const [, setTurn] = useState(0)
  const known = modelId === undefined || names.has(modelId)
  useEffect(() => {
    if (known) return
    let isGone = false
    void load().then(() => !isGone && setTurn((turn) => turn + 1))
    return () => {
      isGone = true
    }
  }, [modelId, known])
  return modelId === undefined ? undefined : (names.get(modelId) ?? modelId)
}

/** The name as text, with the id as its title. */
export function ModelName({ modelId }: { readonly modelId: string }) {
  return (
    <span title={modelId}>
      <Title text={useModelName(modelId)!} />
    </span>
  )
}
