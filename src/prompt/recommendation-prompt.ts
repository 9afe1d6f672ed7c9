/**
 * @file The User-Contextualized Recommendation Prompt (paper, phase 3): the target user's history, what the selected users did, what
 * the wide pool went on to, and the candidates. Knows titles only. The wording is ours.
 */

import { type PromptTemplate, parseTemplate } from './template.js'
import { type Wording, wordings } from './wording.js'

/** What one selected user did: titles, oldest first. */
export interface Demonstration {
  readonly label: string
  readonly titles: readonly string[]
}

/** What the wide pool of similar users went on to, in counts. */
export interface EvidenceInWords {
  readonly users: number
  readonly items: readonly { readonly title: string; readonly count: number }[]
}

export interface RecommendationView extends Wording {
  /** Titles, oldest first. */
  readonly history: readonly string[]
  /** None for the user-agnostic strategy. */
  readonly demonstrations: readonly Demonstration[]
  readonly evidence: EvidenceInWords | null
  readonly candidates: readonly string[]
}

/** Jinja as @huggingface/jinja renders it: the line break after a block tag is dropped. */
const recommendationTemplate = `You recommend {{ items }}.
---
One {{ user }} {{ consumed }}, oldest first: {{ history | join('; ') }}.
{% if demonstrations %}
Similar {{ users }} {{ consumed }}:
{% for demonstration in demonstrations %}
{{ demonstration.label }}: {{ demonstration.titles | join('; ') }}
{% endfor %}
{% endif %}
{% if evidence %}
Of {{ evidence.users }} {{ users }} most like this one, the next {{ item }} was: {% for entry in evidence.items %}{{ entry.title }} ({{ entry.count }}){{ '' if loop.last else '; ' }}{% endfor %}.
{% endif %}
Candidates: {{ candidates | join('; ') }}.
Which candidate comes next for the first {{ user }}? Answer with the title.`

const sample: RecommendationView = {
  ...wordings.film,
  history: ['First Film (1990)', 'Second Film (1991)'],
  demonstrations: [{ label: 'A', titles: ['Shown Film (1992)'] }],
  evidence: { users: 300, items: [{ title: 'Counted Film (1993)', count: 41 }] },
  candidates: ['One Candidate (1994)', 'Other Candidate (1995)'],
}

/** Checks a user's own recommendation template, or takes the built-in one. @throws AdaptRecError `prompt`. */
export function parseRecommendationTemplate(source = recommendationTemplate): PromptTemplate<RecommendationView> {
  return parseTemplate(source, {
    kind: 'recommendation',
    sample,
    required: {
      history: sample.history,
      demonstrations: sample.demonstrations.flatMap((demonstration) => demonstration.titles),
      candidates: sample.candidates,
    },
  })
}
