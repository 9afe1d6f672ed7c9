/** @file A made-up population with its states, and targets drawn alike: what the retrieval bench searches. Fetches MovieLens-100K on first use. */

import { fetchAsset } from '../src/assets/index.js'
import { catalogueOf, type Dataset, historiesOf, readDataset, sequenceOf } from '../src/data/index.js'
import { createPopulation, type Population, type TargetUser } from '../src/retrieval/index.js'
import { type Sasrec, trainSasrec } from '../src/sequence/index.js'
import { drawPopulation } from './synthetic-population.js'

/** What a bench of one size works on. */
export interface PopulationAtSize {
  readonly population: Population
  /** Events of all users. */
  readonly interactions: number
  /** (U, d) after each user's latest events. */
  readonly states: Float32Array
  readonly width: number
  readonly targets: readonly { readonly user: TargetUser; readonly state: Float32Array }[]
}

/** Epochs of the encoder: enough for states that follow what was seen. */
const EPOCHS = 4
/** Latest events of which a state is made: a whole window would take the encoder minutes at 10^6 users. */
const EVENTS = 16
const SLAB = 512

/** The real data and an encoder trained on it. */
export async function readReal(threads: number): Promise<{ real: Dataset; encoder: Sasrec }> {
  const real = await readDataset({ kind: 'auto', path: await fetchAsset('ml-100k') })
  const sequences = real.userIds.map((_, user) => sequenceOf(real, user))
  const encoder = await trainSasrec({
    sequences,
    itemCount: real.items.length,
    config: { epochs: EPOCHS },
    seed: 1,
    threads,
  })
  return { real, encoder }
}

/** Draws `users` users and `count` targets who are none of them. */
export async function populationAtSize(
  real: Dataset,
  encoder: Sasrec,
  users: number,
  count: number,
): Promise<PopulationAtSize> {
  const dataset = drawPopulation(real, users, 'population')
  const drawn = drawPopulation(real, count, 'targets')
  const targetStates = await latestStates(encoder, drawn)
  const width = encoder.hiddenSize
  const targets = Array.from({ length: count }, (_, index) => ({
    user: {
      history: sequenceOf(drawn, index),
      ratings: drawn.ratings?.subarray(drawn.offsets[index], drawn.offsets[index + 1]),
    },
    state: targetStates.subarray(index * width, (index + 1) * width),
  }))
  return {
    population: createPopulation(catalogueOf(dataset), historiesOf(dataset)),
    interactions: dataset.itemOf.length,
    states: await latestStates(encoder, dataset),
    width,
    targets,
  }
}

/** (U, d) the state after each sequence, from its latest events. */
async function latestStates(encoder: Sasrec, dataset: Dataset): Promise<Float32Array> {
  const users = dataset.userIds.length
  const width = encoder.hiddenSize
  const states = new Float32Array(users * width)
  for (let first = 0; first < users; first += SLAB) {
    const size = Math.min(SLAB, users - first)
    const part = Array.from({ length: size }, (_, i) => sequenceOf(dataset, first + i).slice(-EVENTS))
    for (const [i, own] of (await encoder.states(part)).entries()) {
      states.set(own.subarray(own.length - width), (first + i) * width)
    }
  }
  return states
}
