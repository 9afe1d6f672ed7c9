/** @file Checks what is fed to a program against what it expects, before the runtime sees it. Knows no runtime. */

import { AdaptRecError } from '../base/index.js'
import { evaluateDim, showShape } from './dims.js'
import type { ValueType } from './graph.js'
import type { Tensor } from './tensor.js'

/** What a program expects; holds no graph, so that frozen tensors can be freed once the runtime has its own copy. */
export interface Signature {
  readonly inputs: readonly (ValueType & { readonly name: string })[]
  /** Further inputs of the graph, which this program does not need but which may be fed. */
  readonly unused: ReadonlySet<string>
}

/**
 * The numbers that the dynamic lengths of inputs have in these feeds.
 * @throws AdaptRecError `engine` for a missing or unknown feed, a wrong dtype or shape, or lengths that contradict each other.
 */
export function bindLengths(
  { inputs, unused }: Signature,
  feeds: Readonly<Record<string, Tensor>>,
): Map<string, number> {
  const expected = new Set(inputs.map(({ name }) => name))
  const unknown = Object.keys(feeds).find((name) => !expected.has(name) && !unused.has(name))
  if (unknown !== undefined) throw feedError(`'${unknown}' is no input of this graph`, inputs, feeds)
  const lengths = new Map<string, number>()
  for (const input of inputs) {
    const feed = feeds[input.name]
    if (!feed) throw feedError(`the input '${input.name}' is missing`, inputs, feeds)
    if (feed.dtype !== input.dtype || feed.dims.length !== input.shape.length)
      throw wrongFeed(input, feed, inputs, feeds)
    for (const [axis, dim] of input.shape.entries()) {
      if (typeof dim === 'string' && /^\w+$/.test(dim) && !lengths.has(dim)) lengths.set(dim, feed.dims[axis]!)
    }
  }
  for (const input of inputs) {
    const feed = feeds[input.name]!
    const fits = input.shape.every((dim, axis) => (evaluateDim(dim, lengths) ?? feed.dims[axis]) === feed.dims[axis])
    if (!fits) throw wrongFeed(input, feed, inputs, feeds, lengths)
  }
  return lengths
}

function wrongFeed(
  input: Signature['inputs'][number],
  feed: Tensor,
  inputs: Signature['inputs'],
  feeds: Readonly<Record<string, Tensor>>,
  lengths: ReadonlyMap<string, number> = new Map(),
): AdaptRecError {
  const known = [...lengths].map(([name, length]) => `${name} = ${length}`).join(', ')
  const expected = `${input.dtype}${showShape(input.shape)}${known ? ` with ${known}` : ''}`
  return feedError(`'${input.name}' must be ${expected}, got ${feed.dtype}${showShape(feed.dims)}`, inputs, feeds)
}

function feedError(
  reason: string,
  inputs: Signature['inputs'],
  feeds: Readonly<Record<string, Tensor>>,
): AdaptRecError {
  const fed = Object.entries(feeds).map(([name, feed]) => `${name}: ${feed.dtype}${showShape(feed.dims)}`)
  const wanted = inputs.map((input) => `${input.name}: ${input.dtype}${showShape(input.shape)}`)
  return new AdaptRecError('engine', `Wrong feeds: ${reason}. Fed: ${listed(fed)}.`, {
    hint: `Feed exactly ${listed(wanted)}.`,
  })
}

/** The first of many texts, and how many more there are: an adapter has hundreds of parameters. */
export function listed(texts: readonly string[], most = 16): string {
  if (texts.length === 0) return 'nothing'
  const shown = texts.slice(0, most).join('; ')
  return texts.length > most ? `${shown}; and ${texts.length - most} more` : shown
}
