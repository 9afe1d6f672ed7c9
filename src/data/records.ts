/**
 * @file The record model that every dataset is read into: columns, not objects, so that millions of interactions fit.
 * Users and items are dense indices (0-based) everywhere inside; ids from files appear only here and at the edges.
 */

/** What can be recommended. */
export interface Item {
  /** The id in the source file. */
  readonly id: string
  /** The title as a person would say it, unique in the dataset: "The Godfather (1972)". */
  readonly title: string
  readonly year?: number
  readonly genres: readonly string[]
}

/** What became of every row read: `read = kept + the sum of dropped`. */
export interface ReadingReport {
  readonly read: number
  readonly kept: number
  readonly dropped: Readonly<Record<string, number>>
}

/** `file`: equal times of a user stand in the order of the file. `random`: in random order, drawn by the ids of user and item. */
export type TieRule = 'file' | 'random'

/** The fewest interactions of a user and of an item; 1 and 1 leave everything as it is. */
export interface Core {
  readonly users: number
  readonly items: number
}

/** A public data set. */
export interface KnownSet {
  /** What it is called and which edition it is: "LastFM (HetRec 2011)". */
  readonly title: string
  /** What it recommends: the words of prompts and reports. */
  readonly domain: 'film' | 'artist' | 'book'
  /** On what terms it may be used, in short. */
  readonly terms: string
}

/** How a source was understood: what it says, what was guessed, and what a person should look at. */
export interface Reading {
  /** What was taken for what, by subject: "user" -> "column user_id (by its name)". */
  readonly taken: Readonly<Record<string, string>>
  /** Sentences that warn of what may not be meant. */
  readonly notices: readonly string[]
  /** How interactions of equal time are ordered. */
  readonly ties: TieRule
  /** The fewest interactions of a user and of an item; whoever had fewer is left out. */
  readonly core?: Core
  /** Which public data set this is, where it is one that is known. */
  readonly set?: KnownSet
}

/** Interactions in compressed rows: user `u` owns the interactions `offsets[u] .. offsets[u + 1] - 1`, oldest first, ties in file order. */
export interface Dataset {
  readonly name: string
  /** External ids, (U). */
  readonly userIds: readonly string[]
  /** (I). */
  readonly items: readonly Item[]
  /** (U + 1). */
  readonly offsets: Uint32Array
  /** Item index of each interaction, (N). */
  readonly itemOf: Uint32Array
  /** Rating of each interaction in the source's unit, (N), or absent. */
  readonly ratings?: Float32Array
  /** Seconds since 1970 of each interaction, (N), or absent. */
  readonly times?: Float64Array
  readonly report: ReadingReport
  /** What became of the rows of the items file, where there is one. */
  readonly itemReport?: ReadingReport
  /** How the source was understood, where the data set was read from one. */
  readonly reading?: Reading
}

/** The item indices of one user, oldest first: a view, not a copy. */
export function sequenceOf(dataset: Dataset, user: number): Uint32Array {
  return dataset.itemOf.subarray(dataset.offsets[user]!, dataset.offsets[user + 1]!)
}

/** One prediction to make: the item at `position` of the user's sequence, from what stands before it. */
export interface Example {
  readonly user: number
  /** 0-based place in the user's sequence that is predicted. */
  readonly position: number
  /** The item there. */
  readonly target: number
  /** Item indices before `position`, oldest first. */
  readonly history: Uint32Array
  /** Which of several draws of its candidates it is ranked with, from 0; absent for the first. */
  readonly draw?: number
}

/** How data is cut into training, validation and test parts. */
export type ProtocolName = 'leave-one-out' | 'full' | 'llara' | 'all-prefixes'

/** Who may learn from what. Nothing of validation or test is in a training part. */
export interface Split {
  readonly protocol: ProtocolName
  /** Users with too few interactions for this protocol: in no part. */
  readonly droppedUsers?: number
  /** (U) number of leading interactions of each user that form the training part; 0 for users that do not train. */
  readonly trainLengths: Uint32Array
  /**
   * (U) number of leading interactions that the sequence encoder and the retrieval index may know. At most `trainLengths`:
   * the targets of `train` lie outside, so the evidence for a training row is as blind to its target as that for a test row.
   */
  readonly encoderLengths: Uint32Array
  readonly train: readonly Example[]
  readonly validation: readonly Example[]
  readonly test: readonly Example[]
}

/** An example with its frozen candidates. */
export interface Row extends Example {
  /** Item indices, (C), the target among them exactly once. */
  readonly candidates: readonly number[]
}
