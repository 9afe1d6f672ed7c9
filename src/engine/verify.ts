/** @file Holds a graph to its own rules at a stage boundary, so that a fault is named where it was made. Knows no runtime. */

import { AdaptRecError } from '../base/index.js'
import { sameShape, symbolsOf } from './dims.js'
import { type Graph, graphError } from './graph.js'

/**
 * Checks that each node follows its inputs and has the types that its operation infers,
 * and that each dynamic length is the length of an input's axis. @throws AdaptRecError `engine` naming the first fault.
 */
export function verify(graph: Graph): void {
  const made = new Set<number>()
  const fed = new Set<string>()
  for (const source of graph.sources) {
    made.add(source.value.id)
    if (source.kind === 'input') for (const dim of source.value.shape) if (typeof dim === 'string') fed.add(dim)
  }
  for (const { operation, inputs, attributes, outputs } of graph.nodes) {
    for (const input of inputs) {
      if (!made.has(input.id)) throw graphError(operation.name, `'${input.name}' is used before it is made`, inputs)
    }
    for (const [i, type] of operation.infer(inputs, attributes).entries()) {
      const output = outputs[i]
      if (!output || output.dtype !== type.dtype || !sameShape(output.shape, type.shape)) {
        throw graphError(
          operation.name,
          `it infers ${type.dtype}(${type.shape.join(', ')})`,
          output ? [output] : inputs,
        )
      }
      made.add(output.id)
    }
  }
  for (const { value } of graph.sources) {
    for (const symbol of value.shape.flatMap(symbolsOf)) {
      if (!fed.has(symbol)) {
        throw new AdaptRecError(
          'engine',
          `The length '${symbol}' of '${value.name}' is the length of no input's axis.`,
          {
            hint: `Declare an input with an axis of length '${symbol}' itself.`,
          },
        )
      }
    }
  }
}
