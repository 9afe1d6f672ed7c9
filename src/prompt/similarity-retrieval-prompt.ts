/**
 * @file The User-Based Similarity Retrieval Prompt (paper, phase 2): the current criteria in words, the target user's history and the
 * retrieved users, labelled A, B, C ... for the LLM to choose from. Knows titles and figures only. The wording is ours.
 */

import { type PromptTemplate, parseTemplate } from './template.js'
import { type Wording, wordings } from './wording.js'

/** One retrieved user as the LLM sees it. */
export interface RetrievedUserView {
  readonly label: string
  /** Titles of the window, oldest first. */
  readonly titles: readonly string[]
  /** Titles shared with the target user. */
  readonly shared: readonly string[]
  /** The metrics in words: "rare items shared .42, order .10". */
  readonly metrics: string
}

export interface SimilarityRetrievalView extends Wording {
  readonly criteria: string
  readonly history: readonly string[]
  readonly retrieved: readonly RetrievedUserView[]
}

const SIMILARITY_RETRIEVAL_TEMPLATE = `You choose the {{ users }} whose taste helps to predict what comes next.
---
{{ criteria }}
The {{ user }} to predict for {{ consumed }}, oldest first: {{ history | join('; ') }}.
{% for other in retrieved %}
{{ other.label }} ({{ other.metrics }}): {{ other.titles | join('; ') }}
{% endfor %}
Which {{ user }} helps most to predict the next {{ item }}? Answer with the letter.`

const sample: SimilarityRetrievalView = {
  ...wordings.film,
  criteria: 'Criteria stand here.',
  history: ['First Film (1990)', 'Second Film (1991)'],
  retrieved: [
    { label: 'A', titles: ['Shown Film (1992)'], shared: ['First Film (1990)'], metrics: 'order .10' },
    { label: 'B', titles: ['Other Film (1993)'], shared: [], metrics: 'order .20' },
  ],
}

/** Checks a user's own similarity-retrieval template, or takes the built-in one. @throws AdaptRecError `prompt`. */
export function parseSimilarityRetrievalTemplate(
  source = SIMILARITY_RETRIEVAL_TEMPLATE,
): PromptTemplate<SimilarityRetrievalView> {
  return parseTemplate(source, {
    kind: 'similarity-retrieval',
    sample,
    required: {
      criteria: [sample.criteria],
      history: sample.history,
      'retrieved users': sample.retrieved.flatMap((other) => other.titles),
    },
  })
}

/** The label of the i-th retrieved user: A, B, ... Z. At most 26 users can be labelled. */
export function labelOf(index: number): string {
  return String.fromCharCode(65 + index)
}
