/** @file Engine: graphs of tensors, their gradients, ONNX and the runtime. Knows no users, prompts or tokens. */

export type { Dim, Shape } from './dims.js'
export { gradients } from './gradients.js'
export { Graph, type Value } from './graph.js'
export { type MeasureGemmOptions, measureGemm } from './measure-gemm.js'
export type { KeptModels } from './model-folder.js'
export { type AttentionHeads, attention, rotate } from './ops/attention.js'
export {
  abs,
  add,
  and,
  broadcastShapes,
  cast,
  div,
  elementwiseOperations,
  equal,
  erf,
  exp,
  gelu,
  lessOrEqual,
  log,
  mul,
  neg,
  type Operand,
  pow2,
  reciprocal,
  relu,
  sigmoid,
  sign,
  sqrt,
  sub,
  tanh,
  where,
} from './ops/elementwise.js'
export { gather, gatherElements, scatterAdd } from './ops/gather.js'
export { type OperationName, operations } from './ops/index.js'
export { after, concat, expand, firstAsIn, pad, reshape, slice, split, transpose } from './ops/layout.js'
export { type MatmulOptions, matmul } from './ops/matmul.js'
export { layerNorm, logSoftmax, rmsNorm, softmax } from './ops/normalize.js'
export { int8Linear, int8Matmul, joinInt8Products } from './ops/quantised.js'
export { lengthOf, logSumExp, reduceMax, reduceMean, reduceSum } from './ops/reduce.js'
export { swiglu } from './ops/swiglu.js'
export { availableDevices, type CompileOptions, compile, type Device, type Program } from './runtime.js'
export { type DType, floats, type Tensor, type TensorData, tensor } from './tensor.js'
export { verify } from './verify.js'
