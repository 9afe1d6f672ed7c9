/**
 * @file What every sequence model in use shares, whatever its layers: the graph of its states, and its two files. Knows no training.
 */

import { join } from 'node:path'
import { compile, Graph, type Program, type Value } from '../engine/index.js'
import {
  encodeSafetensors,
  formatError,
  loadFloats,
  readerOf,
  readJsonObject,
  readSafetensorsHeader,
  withBytes,
} from '../formats/index.js'
import type { ParameterShapes } from './feeds.js'

/** Inputs of one pass, padding included. */
export const BATCH_TOKENS = 6400

/** Compiles the states of a model, whose parameters are fed. */
export async function compileStates(
  shapes: ParameterShapes,
  build: (graph: Graph, parameters: ReadonlyMap<string, Value>) => Value,
  threads: number | undefined,
): Promise<Program> {
  const graph = new Graph()
  const parameters = new Map([...shapes].map(([name, shape]) => [name, graph.parameter(name, shape)]))
  return compile({ states: build(graph, parameters) }, { threads })
}

/** The files of a model: its architecture and sizes, and its tensors in their shapes. */
export function filesOfNetwork(
  config: { readonly architecture: string } & Readonly<Record<string, string | number>>,
  shapes: ParameterShapes,
  parameters: ReadonlyMap<string, Float32Array>,
): Record<string, string | Uint8Array> {
  const tensors = [...parameters].map(([name, data]) => [name, { dims: [...shapes.get(name)!], data }] as const)
  return {
    'config.json': `${JSON.stringify(config, null, 2)}\n`,
    'model.safetensors': encodeSafetensors(new Map(tensors)),
  }
}

/** Reads what was written of `filesOfNetwork`. @throws AdaptRecError `format` for a damaged folder, or one of another architecture. */
export function readNetwork(folder: string, architecture: string) {
  const path = join(folder, 'config.json')
  const settings = readJsonObject(path)
  if (settings.architecture !== architecture) throw formatError(path, `"architecture" is not "${architecture}".`)
  return {
    path,
    config: readerOf(path, (key) => settings[key]),
    readParameters: () =>
      withBytes(join(folder, 'model.safetensors'), (source) => {
        const extents = readSafetensorsHeader(source)
        return new Map([...extents].map(([name, extent]) => [name, loadFloats(source, extent).data]))
      }),
  }
}
