/**
 * @file The User-Contextualized Recommendation Prompt (paper, phase 3): the target user's history as a list, behind it which candidates the
 * selected users went on to, and then the next entry, which the LLM answers with. Knows titles only. The wording is ours.
 */

import { type PromptTemplate, parseTemplate } from './template.js'
import { type Wording, wordings } from './wording.js'

/** What one selected user did: a witness for candidates. */
export interface Demonstration {
  readonly label: string
  /** The title after which the user stood as the target user does now; empty where it may not be shown. */
  readonly after: string
  /** Titles of the candidates that it went on to, in its order; never empty. */
  readonly next: readonly string[]
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
 * Jinja as @huggingface/jinja renders it: the line break after a block tag is dropped. The last part is the target user's list, which the LLM
 * goes on with. What selected users did stands behind it: so questions about several places of one list share all that stands before.
 */
const RECOMMENDATION_TEMPLATE = `You recommend {{ items }}.
---
{% if evidence %}
Of {{ evidence.users }} {{ users }} most like the one to predict for, the next {{ item }} was: {% for entry in evidence.items %}{{ entry.title }} ({{ entry.count }}){{ '' if loop.last else '; ' }}{% endfor %};
{% endif %}
List what the {{ user }} {{ consumed }}, oldest first.
---
{{ user | capitalize }}:{% for title in history %} {{ title }};{% endfor %}
{% if demonstrations %}

Similar {{ users }} went on:{% for demonstration in demonstrations %} {{ demonstration.label }}{{ ', after ' ~ demonstration.after if demonstration.after else '' }}: {{ demonstration.next | join('; ') }};{% endfor %}

Next:{% endif %}`

const sample: RecommendationView = {
  ...wordings.film,
  history: ['First Film (1990)', 'Second Film (1991)'],
  demonstrations: [{ label: 'A', after: 'Second Film (1991)', next: ['Shown Film (1992)'] }],
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
      demonstrations: sample.demonstrations.flatMap((demonstration) => demonstration.next),
    },
  })
}
