/** @file One user as a person can follow it: history, who was retrieved, whom the LLM selected and why, prompts, ranking, reason. */

import type { Row } from '../data/index.js'
import type { ExampleView } from '../evaluation/index.js'
import type { ChatMessage } from '../prompt/index.js'
import {
  explainFirst,
  type Reading,
  type Recommender,
  type Scores,
  type TrainedStrategy,
} from '../recommender/index.js'

/** The view of a scored row. Costs one pass of the LLM for each selected user, for the reason. */
export async function showExample(
  recommender: Recommender,
  trained: TrainedStrategy,
  row: Row,
  reading: Reading,
  scores: Scores,
): Promise<ExampleView> {
  const titleOf = (item: number) => recommender.titleOf(item)
  const target = recommender.targetOf(row)
  const { prompts } = reading
  return {
    label: `User ${recommender.parts.dataset.userIds[row.user]}`,
    history: recommender.shownHistory(target).map(titleOf),
    criteria: recommender.parts.criteria.words,
    retrieved: reading.judged.map(({ label, score, metrics, window, shared, probability, selected }) => ({
      label,
      score,
      metrics: { ...metrics },
      window: window.map(titleOf),
      shared: shared.map(titleOf),
      ...(probability === undefined ? {} : { probability }),
      selected,
    })),
    evidence: (reading.evidence?.top ?? [])
      .slice(0, recommender.parts.settings.prompt.evidenceItems)
      .map(({ item, count, share }) => ({ title: titleOf(item), count, share })),
    prompts: {
      ...(prompts.similarityRetrieval ? { similarityRetrieval: textOf(prompts.similarityRetrieval) } : {}),
      recommendation: textOf(prompts.recommendation),
    },
    ranking: reading.candidates
      .map((item, c) => ({
        title: titleOf(item),
        logProbability: scores.logProbability[c]!,
        evidence: scores.evidence[c]!,
        score: scores.total[c]!,
        isTarget: item === row.target,
      }))
      .sort((a, b) => b.score - a.score),
    reason: await explainFirst(recommender, trained, target, reading, scores),
  }
}

function textOf(messages: readonly ChatMessage[]): string {
  return messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n\n')
}
