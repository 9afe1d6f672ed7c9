/** @file The bar GRU4Rec: a recurrent network over the history. */

import { sequenceBar } from '../sequence-bars.js'

export const gru4rec = sequenceBar(
  'gru4rec',
  'GRU4Rec',
  'A recurrent network trained on all users to predict each next item, with cross-entropy over the whole catalogue.',
)
