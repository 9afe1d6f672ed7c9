/**
 * @file What the similarity metrics of phase 1 are called and mean: the one place on the page where they are explained. Their
 * labels are those of the criteria that the LLM reads.
 */

import { type Html, words } from './html.js'
import { meanings } from './parts.js'

interface Sign {
  readonly label: string
  readonly meaning: string
}

function signs(item: string): Readonly<Record<string, Sign>> {
  return {
    embeddingCosine: {
      label: 'same direction',
      meaning: 'The angle between both histories is small, as the sequence model sees them.',
    },
    embeddingEuclidean: {
      label: 'closeness',
      meaning: 'The distance between both histories is small, as the sequence model sees them.',
    },
    overlap: { label: `rare ${item}s shared`, meaning: `They took the same ${item}s; a rare ${item} counts more.` },
    recency: { label: `latest ${item}s shared`, meaning: `They share the ${item}s that this user took last.` },
    order: { label: 'same order', meaning: `They took the shared ${item}s in the same order.` },
    taste: { label: 'same taste', meaning: `They like the same kinds of ${item}s.` },
  }
}

/** Names a metric of phase 1 for a reader: "closeness"; a name that is not known as its words. */
export function likenessLabel(name: string, item: string): string {
  return signs(item)[name]?.label ?? words(name)
}

/** Explains the metrics of these names, each from 0 (unlike) to 1 (alike); a name that is not known is left out. */
export function likenessMeanings(names: readonly string[], item: string): Html {
  const known = signs(item)
  return meanings(names.flatMap((name) => (known[name] ? [[known[name].label, known[name].meaning] as const] : [])))
}
