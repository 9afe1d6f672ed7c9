/**
 * @file Sums of matrix products without a pass of their own: Gemm computes A B + C, so x + A B + A' B' is two Gemms, each adding to what
 * stands before it. Finds the sums in a graph that can be written so, and writes them. Knows no gradients.
 */

import { sameShape } from './dims.js'
import type { Emitter, Node, Value } from './graph.js'
import { emitProduct } from './ops/matmul.js'

/** A sum of two-axis values: `terms` (at least one) by Add, then each of `products` (at least one) by a Gemm of its own. */
export interface ProductSum {
  readonly terms: readonly Value[]
  readonly products: readonly Node[]
}

/**
 * The sums with a product in them, by the `add` that completes each, and the nodes that these sums take in and that are not to be
 * written alone. Taken in is only what that one sum reads; `outputs` are read from outside too. The order of additions may change.
 */
export function findProductSums(
  nodes: readonly Node[],
  outputs: readonly Value[],
): { readonly sums: ReadonlyMap<Node, ProductSum>; readonly absorbed: ReadonlySet<Node> } {
  const readers = new Map<number, number>()
  for (const { id } of [...outputs, ...nodes.flatMap(({ inputs }) => inputs)]) {
    readers.set(id, (readers.get(id) ?? 0) + 1)
  }
  const producers = new Map(nodes.map((node) => [node.outputs[0]!.id, node]))
  const sums = new Map<Node, ProductSum>()
  const absorbed = new Set<Node>()

  /** Sorts what an `add` adds, and what the sums inside it add, into values and products; `inner` are the latter's nodes. */
  function collect(sum: Node, terms: Value[], products: Node[], inner: Node[]): void {
    for (const input of sum.inputs) {
      const node = readers.get(input.id) === 1 ? producers.get(input.id) : undefined
      if (node && isPlainSum(node)) {
        inner.push(node)
        collect(node, terms, products, inner)
      } else if (node && isFlatProduct(node)) products.push(node)
      else terms.push(input)
    }
  }

  for (const node of [...nodes].reverse()) {
    if (absorbed.has(node) || !isPlainSum(node)) continue
    const [terms, products, inner]: [Value[], Node[], Node[]] = [[], [], []]
    collect(node, terms, products, inner)
    if (products.length === 0) continue
    if (terms.length === 0) terms.push(products.shift()!.outputs[0]!)
    for (const taken of [...products, ...inner]) absorbed.add(taken)
    sums.set(node, { terms, products })
  }
  return { sums, absorbed }
}

/** Writes a sum; returns the name of its value. */
export function emitProductSum({ terms, products }: ProductSum, emitter: Emitter): string {
  const start = terms.map((term) => emitter.name(term)).reduce((a, b) => emitter.node('Add', [a, b])[0]!)
  return products.reduce((sum, product) => emitProduct(product, emitter, sum)[0]!, start)
}

/** An `add` of two float32 matrices that repeats neither. */
function isPlainSum({ operation, inputs, outputs: [sum] }: Node): boolean {
  const isMatrix = sum!.shape.length === 2 && sum!.dtype === 'float32'
  return operation.name === 'add' && isMatrix && inputs.every((input) => sameShape(input.shape, sum!.shape))
}

/** A product that is one Gemm: without batch axes. */
function isFlatProduct({ operation, inputs }: Node): boolean {
  return operation.name === 'matmul' && inputs.every((input) => input.shape.length === 2)
}
