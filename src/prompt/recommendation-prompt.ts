/**
 * @file The User-Contextualized Recommendation Prompt (paper, phase 3): what the selected users did, what the wide pool went on to, the
 * candidates, and at the end the target user's history, as a list that the LLM goes on with. Knows titles only. The wording is ours.
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
  /** Titles, oldest first; empty where the LLM is to write the whole list. */
  readonly history: readonly string[]
  /** None for the user-agnostic strategy. */
  readonly demonstrations: readonly Demonstration[]
  readonly evidence: EvidenceInWords | null
  /** Empty where the answer is free. */
  readonly candidates: readonly string[]
}

/** An item as it stands in every list of a prompt; the answer is the next entry of the target user's list. Titles hold no semicolon. */
export function listEntry(title: string): string {
  return ` ${title};`
}

/**
 * Jinja as @huggingface/jinja renders it: the line break after a block tag is dropped. The last part is the target user's list, which the LLM goes on with. All lists look alike, so what follows a title in another
 * user's list tells what may follow it in this one.
 */
const RECOMMENDATION_TEMPLATE = `You recommend {{ items }}.
---
{% if demonstrations %}
What similar {{ users }} {{ consumed }}, oldest first:
{% for demonstration in demonstrations %}
{{ user | capitalize }} {{ demonstration.label }}: {{ demonstration.titles | join('; ') }};
{% endfor %}
{% endif %}
{% if evidence %}
Of {{ evidence.users }} {{ users }} most like the one to predict for, the next {{ item }} was: {% for entry in evidence.items %}{{ entry.title }} ({{ entry.count }}){{ '' if loop.last else '; ' }}{% endfor %};
{% endif %}
{% if candidates %}
Candidates: {{ candidates | join('; ') }};
{% endif %}
List what the {{ user }} {{ consumed }}, oldest first{{ ', then the candidate that comes next' if candidates else '' }}.
---
{{ user | capitalize }}:{% for title in history %} {{ title }};{% endfor %}`

const sample: RecommendationView = {
  ...wordings.film,
  history: ['First Film (1990)', 'Second Film (1991)'],
  demonstrations: [{ label: 'A', titles: ['Shown Film (1992)'] }],
  evidence: { users: 300, items: [{ title: 'Counted Film (1993)', count: 41 }] },
  candidates: ['One Candidate (1994)', 'Other Candidate (1995)'],
}

/** Checks a user's own recommendation template, or takes the built-in one. @throws AdaptRecError `prompt`. */
export function parseRecommendationTemplate(source = RECOMMENDATION_TEMPLATE): PromptTemplate<RecommendationView> {
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
