/**
 * @file Reverse-mode differentiation: walks the nodes between the targets and the loss backwards and extends the same graph.
 * Nothing is built off these paths, so frozen weights and the layers below the lowest target cost nothing. Knows no rule itself.
 */

import { AdaptRecError } from '../base/index.js'
import { type Shape, sameShape } from './dims.js'
import { type GradientRule, gradientRules } from './gradient-rules.js'
import { sumOfParts } from './gradient-sums.js'
import { graphError, type Node, type Value } from './graph.js'
import { expand, type OperationName, reduceSum, reshape } from './ops/index.js'
import { recomputeFrom } from './recompute.js'

/**
 * The gradients of a scalar float32 loss with respect to values, in their order and shapes.
 * With `checkpoints`, a chain of values that all later ones pass through, what lies between them is computed again, not kept.
 * @throws AdaptRecError `engine` when an operation on the way has no rule, or the loss does not depend on a value.
 */
export function gradients(loss: Value, wrt: readonly Value[], checkpoints: readonly Value[] = []): Value[] {
  if (loss.dtype !== 'float32' || loss.shape.some((dim) => dim !== 1)) {
    throw graphError('gradients', 'the loss must be one float32 number', [loss])
  }
  const graph = loss.graph
  const nodes = [...graph.nodes]
  const varying = graph.dependentsOf(wrt)
  const again = recomputeFrom(checkpoints, graph)
  const pending = new Map<number, Value[]>([[loss.id, [expand(graph.scalar(1), loss.shape)]]])
  for (const node of nodes.reverse()) {
    const parts = pending.get(node.outputs[0]!.id)
    if (!varying.has(node.outputs[0]!.id)) continue
    refuseSideOutputs(node, pending)
    if (!parts) continue
    const upstream = sumOfParts(parts)
    const rules = ruleOf(node)(again(node, upstream), upstream)
    for (const [i, input] of node.inputs.entries()) {
      const gradient = rules[i]
      if (!gradient || !varying.has(input.id)) continue
      const known = pending.get(input.id) ?? []
      pending.set(input.id, [...known, fitShape(gradient(), input.shape)])
    }
  }
  return wrt.map((value) => {
    const parts = pending.get(value.id)
    if (parts) return sumOfParts(parts)
    throw new AdaptRecError('engine', `The loss does not depend on '${value.name}', so it has no gradient.`, {
      hint: 'Ask only for gradients of values that the loss is computed from.',
    })
  })
}

function ruleOf(node: Node): GradientRule {
  const rule = gradientRules[node.operation.name as OperationName]
  if (rule && rule !== 'none') return rule
  throw new AdaptRecError('engine', `'${node.operation.name}' (${node.outputs[0]!.name}) has no gradient.`, {
    hint: 'Keep it off the path from the parameters to the loss, or add a rule to the table of gradient rules.',
  })
}

function refuseSideOutputs(node: Node, pending: ReadonlyMap<number, unknown>): void {
  const side = node.outputs.slice(1).find((output) => pending.has(output.id))
  if (side) throw graphError(node.operation.name, 'only the first output has a gradient', [side])
}

/** A gradient in the shape of its input: summed where the input was broadcast, expanded where the rule left that open. */
function fitShape(gradient: Value, shape: Shape): Value {
  if (sameShape(gradient.shape, shape)) return gradient
  const extra = gradient.shape.length - shape.length
  const axes = gradient.shape.flatMap((dim, i) => (i < extra || (shape[i - extra] === 1 && dim !== 1) ? [i] : []))
  const summed = reduceSum(gradient, axes, true)
  return expand(extra > 0 ? reshape(summed, summed.shape.slice(extra)) : summed, shape)
}
