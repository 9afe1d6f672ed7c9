/**
 * @file The answers that can be given at all, and what is left to choose at each of their tokens. A probability that is normalised over
 * these choices alone sums to 1 over the answers: the model need not learn which titles exist, only which of them comes next.
 * Source: constrained decoding of generative retrieval (De Cao et al. 2021, arXiv 2010.00904). Ours: it normalises in training, too.
 */

import { AdaptRecError, sha256 } from '../base/index.js'
import { growTree, type SequenceTree } from './sequence-tree.js'

/** Groups of answers, such as all titles and all labels. A branch of a token tree is an answer, or several of one group in a row. */
export class Answers {
  /** (W) distinct tokens of all answers, and those that there is room for, ascending. */
  readonly tokens: readonly number[]
  /** The same for the same tokens, whatever is made of them: a session serves all answers of one key. */
  readonly key: string
  /** What it was made of, for whoever normalises elsewhere. */
  readonly groups: readonly (readonly (readonly number[])[])[]
  readonly #groups: readonly SequenceTree[]
  readonly #places: ReadonlyMap<number, number>

  /**
   * @param room further tokens, of which answers may be made later on.
   * @throws AdaptRecError `usage` for a group without an answer, or with one that is the beginning of another.
   */
  constructor(groups: readonly (readonly (readonly number[])[])[], room: readonly number[] = []) {
    this.groups = groups
    this.#groups = groups.map(growTree)
    this.tokens = [...new Set([...room, ...groups.flat(2)])].sort((a, b) => a - b)
    this.#places = new Map(this.tokens.map((token, place) => [token, place]))
    this.key = sha256(this.tokens.join())
  }

  /** The place of a token in `tokens`. */
  placeOf(token: number): number {
    return this.#places.get(token)!
  }

  /** For each token of a branch, the places of all tokens that could stand there. @throws AdaptRecError `usage` for what is no answer. */
  choicesAlong(branch: readonly number[]): number[][] {
    for (const group of this.#groups) {
      const choices = this.#walk(group, branch)
      if (choices) return choices
    }
    throw new AdaptRecError('usage', `The tokens ${branch.slice(0, 12).join(', ')} are none of the possible answers.`, {
      hint: 'Score only answers, or lists of them, that the model was told of.',
    })
  }

  #walk(root: SequenceTree, branch: readonly number[]): number[][] | undefined {
    const choices: number[][] = []
    let at = root
    for (const token of branch) {
      const next = at.next.get(token)
      if (!next) return undefined
      choices.push(Array.from(at.next.keys(), (each) => this.placeOf(each)))
      at = next.ends ? root : next
    }
    return at === root ? choices : undefined
  }
}
