/** @file What can be trained, and on what: the whole of what the trainer knows about models and data. */

/** Trained tensors by name. The trainer changes `data` in place, so whoever computes with it sees every step. */
export type Parameters = ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>

/** Names one pass over one micro-batch; every random number of the pass is to be a function of it. */
export interface PassKey {
  readonly seed: number
  /** 0-based. */
  readonly epoch: number
  /** Optimiser steps done before this pass, over all epochs. */
  readonly step: number
  /** 0-based place of the step within its epoch. */
  readonly stepOfEpoch: number
  /** 0-based place of the micro-batch within the step. */
  readonly microBatch: number
}

export interface PassResult {
  /** Mean over the examples of the pass. */
  readonly loss: number
  /** Of that mean, one array per parameter, the parameter's size; read before the next pass begins. */
  readonly gradients: ReadonlyMap<string, Float32Array>
  /** Tokens, or whatever the model counts its work in. */
  readonly tokens: number
}

/** A model that gives gradients. The optimiser, its schedule and the checkpoints are the trainer's. */
export interface Trainable<E> {
  readonly parameters: Parameters
  gradients(examples: readonly E[], key: PassKey): Promise<PassResult>
}

/** Training examples by index; an array is one, and so is anything that makes its examples when they are needed. */
export interface Examples<E> {
  readonly length: number
  at(index: number): E | undefined | Promise<E>
}

/** What validation measures. */
export interface Validation {
  readonly loss: number
  /** Share of rows whose first-ranked candidate is the target, [0, 1]. */
  readonly hitRatio1: number
}
