/**
 * @file What every driver of a store must do, as cases that a test runs against it: each gets an empty store and throws where something is not
 * as store.ts says. Knows no driver and no test runner. Cases of one subject stand together, in `contract/`.
 */

import type { StoreContract } from './contract/case.js'
import { changeCases } from './contract/change-cases.js'
import { copyCases } from './contract/copy-cases.js'
import { eventCases } from './contract/event-cases.js'
import { itemCases } from './contract/item-cases.js'
import { recordCases } from './contract/record-cases.js'
import { traceCases } from './contract/trace-cases.js'
import { userCases } from './contract/user-cases.js'
import { wholeCases } from './contract/whole-cases.js'

/** The cases of a store whose copies are stores themselves. */
export const copyContract: StoreContract = copyCases

/** The cases by what they say. */
export const storeContract: StoreContract = {
  ...eventCases,
  ...itemCases,
  ...userCases,
  ...recordCases,
  ...traceCases,
  ...changeCases,
  ...wholeCases,
}
