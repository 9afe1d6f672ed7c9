/**
 * @file Log-probabilities of candidates behind a prompt in a sequence of node-llama-cpp. The prompt is computed once and stays in the key-value cache;
 * candidates come one after the other behind it (the binding shares no cache between sequences). Only the logits that are asked for leave llama.cpp:
 * of the token itself and of the greedy choice, which is the largest (`includeMax` of 3.22 leaves it out), beside the sum of exponentials over it.
 */

/** Nats of each branch, a list of tokens, behind the prompt. */
export async function score(sequence, { prompt, branches }) {
  await sequence.clearHistory()
  await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, -1))
  const scores = []
  for (const branch of branches) {
    await sequence.eraseContextTokenRanges([{ start: prompt.length - 1, end: sequence.nextTokenIndex }])
    const fed = [prompt.at(-1), ...branch.slice(0, -1)]
    const wanted = fed.map((token, i) => [
      token,
      { generateNext: { logits: { filter: { tokens: [branch[i]], includeSelected: true } }, totalLogitWeight: true } },
    ])
    const found = await sequence.controlledEvaluate(wanted)
    scores.push(branch.reduce((sum, token, i) => sum + logProbability(found[i].next, token), 0))
  }
  return scores
}

function logProbability({ logits, totalLogitWeight }, token) {
  return logits.get(token) - Math.max(...logits.values()) - Math.log(totalLogitWeight)
}

/** Tokens of the prompt with its longest branch. */
export function longest({ prompt, branches }) {
  return prompt.length + Math.max(...branches.map((branch) => branch.length))
}
