import { attentionOperations } from './attention.js'
import { elementwiseOperations } from './elementwise.js'
import { gatherOperations } from './gather.js'
import { layoutOperations } from './layout.js'
import { matmulOperation } from './matmul.js'
import { normalizeOperations } from './normalize.js'
import { quantisedOperations } from './quantised.js'
import { reduceOperations } from './reduce.js'
import { swigluOperation } from './swiglu.js'

export { type AttentionHeads, attention, rotate } from './attention.js'
export * from './elementwise.js'
export { gather, gatherElements, scatterAdd } from './gather.js'
export { after, concat, expand, firstAsIn, pad, reshape, slice, split, transpose } from './layout.js'
export { type MatmulOptions, matmul } from './matmul.js'
export { layerNorm, logSoftmax, rmsNorm, softmax } from './normalize.js'
export { int8Linear, int8Matmul, joinInt8Products } from './quantised.js'
export { lengthOf, logSumExp, reduceMax, reduceMean, reduceSum } from './reduce.js'
export { swiglu } from './swiglu.js'

/** The one table of operations. */
export const operations = {
  ...elementwiseOperations,
  matmul: matmulOperation,
  swiglu: swigluOperation,
  ...layoutOperations,
  ...reduceOperations,
  ...normalizeOperations,
  ...gatherOperations,
  ...attentionOperations,
  ...quantisedOperations,
} as const

/** The name of an operation in the table. */
export type OperationName = keyof typeof operations
