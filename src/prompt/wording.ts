/** @file The words for what is recommended, so that one prompt serves films, music, books and anything else. */

/** Nouns and verbs of one domain, lower case. */
export interface Wording {
  readonly item: string
  readonly items: string
  readonly user: string
  readonly users: string
  /** Past tense, before the items: "watched". */
  readonly consumed: string
  /** Present tense, third person: "watches". */
  readonly consumes: string
}

export const wordings = {
  film: { item: 'film', items: 'films', user: 'viewer', users: 'viewers', consumed: 'watched', consumes: 'watches' },
  artist: {
    item: 'artist',
    items: 'artists',
    user: 'listener',
    users: 'listeners',
    consumed: 'listened to',
    consumes: 'listens to',
  },
  book: { item: 'book', items: 'books', user: 'reader', users: 'readers', consumed: 'read', consumes: 'reads' },
  item: { item: 'item', items: 'items', user: 'user', users: 'users', consumed: 'chose', consumes: 'chooses' },
} as const satisfies Record<string, Wording>

export type Domain = keyof typeof wordings

/** The words of a domain; those of films where none is said. */
export function wordingOf(domain: Domain = 'film'): Wording {
  return wordings[domain]
}
