export { type Criteria, metricLabel, writeCriteria } from './criteria.js'
export {
  composeSelection,
  type JudgedUser,
  prefillSelection,
  type SelectionLimits,
  type Selector,
  selectedOf,
  selectUsers,
  takeFirst,
} from './select.js'
export { measureUtilities, selectionTarget, type TargetLogProbabilities } from './utility.js'
