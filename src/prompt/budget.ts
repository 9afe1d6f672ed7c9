/**
 * @file The token budget of a prompt: the longest list of titles is cut from its oldest end, one title at a time, until the prompt
 * fits. Candidates are never cut. The latest title of the history always stays; a demonstration may lose all its titles and goes.
 */

import { AdaptRecError } from '../base/index.js'

/** The lists that may be cut, each oldest first. */
export interface Cuttable {
  readonly history: readonly string[]
  readonly others: readonly (readonly string[])[]
}

/**
 * Cuts until the prompt fits.
 * @param lists what may be cut.
 * @param budget tokens that the prompt may have.
 * @param tokenCount the length in tokens of the prompt made from the lists.
 * @throws AdaptRecError `prompt` when even the shortest form does not fit.
 */
export function fitToBudget(lists: Cuttable, budget: number, tokenCount: (lists: Cuttable) => number): Cuttable {
  let fitted = lists
  let length = tokenCount(fitted)
  while (length > budget) {
    const shorter = cutLongest(fitted)
    if (!shorter) {
      throw new AdaptRecError(
        'prompt',
        `The prompt needs ${length} tokens with one title of history, the budget is ${budget}.`,
        {
          hint: 'Raise prompt.budget, give fewer candidates, or shorten the template.',
        },
      )
    }
    fitted = shorter
    length = tokenCount(fitted)
  }
  return fitted
}

function cutLongest({ history, others }: Cuttable): Cuttable | undefined {
  const longestOther = others.reduce((best, list, i) => (list.length > (others[best]?.length ?? 0) ? i : best), 0)
  const otherLength = others[longestOther]?.length ?? 0
  if (history.length > 1 && history.length >= otherLength) return { history: history.slice(1), others }
  if (otherLength === 0) return undefined
  return { history, others: others.map((list, i) => (i === longestOther ? list.slice(1) : list)) }
}
