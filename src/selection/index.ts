/** @file Selection, phase 2: the language model chooses among the retrieved users by criteria in words. */

export { type Criteria, metricLabel, writeCriteria } from './criteria.js'
export {
  beginSelection,
  type ConsideredUser,
  composeSelection,
  type Selection,
  type SelectionLimits,
  type Selector,
  selectedOf,
  selectUsers,
  takeFirst,
} from './select.js'
export { measureUtilities, selectionTarget, type TargetLogProbabilities } from './utility.js'
