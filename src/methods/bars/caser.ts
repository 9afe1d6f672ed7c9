/** @file The bar Caser: convolutions over the latest items, beside a vector of the user. */

import { sequenceBar } from '../sequence-bars.js'

export const caser = sequenceBar(
  'caser',
  'Caser',
  'Convolutions over the latest items and a vector of the user, with cross-entropy over the whole catalogue.',
)
