/**
 * @file What a decoder is asked for: answer log-probabilities, and the loss that trains an adapter on them. All in the graph;
 * the engine differentiates. Knows no decoder, no optimiser. `listwise` is this project's, `nextToken` the field's habit.
 * Letters: U predicting rows, A answer tokens, W distinct tokens of all possible answers, B branches of all examples, N examples,
 * C branches per example (padded), F features.
 */

import {
  add,
  gather,
  logSoftmax,
  logSumExp,
  matmul,
  mul,
  neg,
  reduceSum,
  reshape,
  sub,
  tensor,
  type Value,
} from '../engine/index.js'
import type { Answers } from './answers.js'
import type { Decoder } from './llama.js'

/** What an adapter is trained for. */
export type Objective = 'listwise' | 'next-token'

/**
 * The log-probability of each answer token, (A). Declares `answer.rows` (A), the index in U that predicts it, and
 * `answer.tokens` (A), both int64. Only the logit of the answer is picked; of the others only their log-sum-exp is kept.
 * With `answers` it is normalised over what is left to choose: `answer.tokens` are places among their W tokens then, and
 * `answer.choices` (U, W) is 0 for a choice and far below elsewhere.
 */
export function answerLogProbabilities({ hidden, output }: Decoder, answers?: Answers): Value {
  const { graph } = hidden
  const rows = graph.input('answer.rows', 'int64', ['A'])
  const tokens = graph.input('answer.tokens', 'int64', ['A'])
  const table = answers
    ? gather(output, graph.constant('answers', tensor(answers.tokens, [answers.tokens.length])))
    : output
  const logits = logitsOf(hidden, table)
  const chosen = answers ? add(logits, graph.input('answer.choices', 'float32', ['U', answers.tokens.length])) : logits
  const normalizers = logSumExp(chosen) // (U)
  const picked = reduceSum(mul(gather(hidden, rows), gather(table, tokens)), [-1]) // (A)
  return sub(picked, gather(normalizers, rows))
}

/** Logits of all rows asked for, (U, V). */
export function logitsOf(hidden: Value, output: Value): Value {
  return matmul(hidden, output, { transposeB: true })
}

/** The loss, and the scores that its listwise part compares. */
export interface Loss {
  /** One number. */
  readonly loss: Value
  /** (N, C), padded branches far below the others. */
  readonly scores: Value
  /** `evidence.weight` (F), where there are features. */
  readonly evidenceWeight?: Value
}

/**
 * The sum of both objectives, so that one graph serves either: the one that is not wanted is fed weights of 0.
 * `listwise`: score = log p(branch) / temperature + features . evidence.weight; the cross-entropy between `target` and the softmax of the
 * scores over each example's branches. Declares `segments` (N*C, A), 1 / temperature where an answer token is of a branch, `padding` (N, C),
 * 0 or far below, `target` (N, C), distributions times the weight of their example, and with F > 0 `features` (N*C, F).
 * `next-token`: the mean negative log-likelihood of answer tokens. Declares `token.weights` (A), which sum to 1.
 */
export function trainingLoss(logProbabilities: Value, featureCount: number): Loss {
  const listwise = listwiseLoss(logProbabilities, featureCount)
  return { ...listwise, loss: add(listwise.loss, nextTokenLoss(logProbabilities)) }
}

function listwiseLoss(logProbabilities: Value, featureCount: number): Loss {
  const { graph } = logProbabilities
  const segments = graph.input('segments', 'float32', ['N*C', 'A'])
  const padding = graph.input('padding', 'float32', ['N', 'C'])
  const target = graph.input('target', 'float32', ['N', 'C'])
  const sums = matmul(segments, reshape(logProbabilities, ['A', 1])) // (N * C, 1)
  const evidenceWeight = featureCount > 0 ? graph.parameter('evidence.weight', [featureCount]) : undefined
  const evidence =
    evidenceWeight &&
    matmul(graph.input('features', 'float32', ['N*C', featureCount]), reshape(evidenceWeight, [featureCount, 1]))
  const scores = add(reshape(evidence ? add(sums, evidence) : sums, ['N', 'C']), padding)
  const loss = neg(reduceSum(mul(target, logSoftmax(scores))))
  return { loss, scores, ...(evidenceWeight ? { evidenceWeight } : {}) }
}

function nextTokenLoss(logProbabilities: Value): Value {
  const weights = logProbabilities.graph.input('token.weights', 'float32', ['A'])
  return neg(reduceSum(mul(logProbabilities, weights)))
}
