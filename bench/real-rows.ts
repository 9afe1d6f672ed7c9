/** @file Prompts as the recommender gives them, from MovieLens-100K, for benches that compare what comes out rather than how fast. */

import { fetchAsset } from '../src/assets/index.js'
import { drawCandidates, readDataset, rows, splitDataset } from '../src/data/index.js'
import type { Tokenizer, TokenTree } from '../src/model/index.js'
import { listEntry, parseRecommendationTemplate, wordings } from '../src/prompt/index.js'

/** Trees of `count` leave-one-out test rows, evenly spaced over the users: the last ten films, 20 candidates, no other users. */
export async function realTrees(tokenizer: Tokenizer, count: number): Promise<TokenTree[]> {
  const dataset = await readDataset({ kind: 'auto', path: await fetchAsset('ml-100k') })
  const protocol = 'leave-one-out'
  const { test } = splitDataset(dataset, protocol)
  const examples = Array.from({ length: count }, (_, i) => test[Math.floor((i * test.length) / count)]!)
  const template = parseRecommendationTemplate()
  const titleOf = (item: number) => dataset.items[item]!.title
  return rows(examples, drawCandidates(dataset, examples, { protocol, salt: 'bench' })).map((row) => {
    const history = Array.from(row.history.subarray(-10), titleOf)
    const candidates = row.candidates.map(titleOf)
    const messages = template.render({ ...wordings.film, history, candidates, demonstrations: [], evidence: null })
    const prompt = tokenizer.encodeChat(messages, { addGenerationPrompt: true })
    return { prompt, branches: candidates.map((title) => tokenizer.encode(listEntry(title))) }
  })
}
