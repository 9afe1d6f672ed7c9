/** @file Prompt: the two prompts of AdaptRec as templates, and the token budget that they are fitted to. Pure text. */

export { type Cuttable, fitToBudget } from './budget.js'
export {
  type Demonstration,
  type EvidenceInWords,
  listEntry,
  parseRecommendationTemplate,
  type RecommendationView,
} from './recommendation-prompt.js'
export {
  labelOf,
  parseSimilarityRetrievalTemplate,
  type RetrievedUserView,
  type SimilarityRetrievalView,
} from './similarity-retrieval-prompt.js'
export type { PromptTemplate } from './template.js'
export { type Domain, type Wording, wordingOf, wordings } from './wording.js'
