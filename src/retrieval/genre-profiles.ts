/**
 * @file What a user's items are made of: how often each genre or tag is named, as a unit vector. Numbers the genres of the items that it has
 * taken in; of a later item it knows none until then. Knows no similarity.
 */

/** Profiles over the genres of one catalogue. */
export interface GenreProfiles {
  /** G, the number of genres so far. */
  width(): number
  /** Takes in the items that are new in the list, and their genres behind the known ones. O(new items). */
  admit(): void
  /** The unit vector (G) of a list of items; all zeros where no item has a genre. O(items). */
  profileOf(items: ArrayLike<number>): Float32Array
  /** The same, written into `profile` (G). */
  writeProfile(items: ArrayLike<number>, profile: Float32Array): void
}

/** Numbers the genres and prepares their look-up, for a list of items that may grow. O(items of the list). */
export function createGenreProfiles(items: readonly { readonly genres: readonly string[] }[]): GenreProfiles {
  const numbers = new Map<string, number>()
  const genresOf: Uint16Array[] = []
  const admit = () => {
    for (let item = genresOf.length; item < items.length; item++) {
      const { genres } = items[item]!
      for (const genre of genres) if (!numbers.has(genre)) numbers.set(genre, numbers.size)
      genresOf.push(Uint16Array.from(genres, (genre) => numbers.get(genre)!))
    }
  }
  const writeProfile = (list: ArrayLike<number>, profile: Float32Array) => {
    profile.fill(0)
    for (let i = 0; i < list.length; i++) {
      const own = genresOf[list[i]!]!
      for (let j = 0; j < own.length; j++) profile[own[j]!]!++
    }
    let squares = 0
    for (let genre = 0; genre < profile.length; genre++) squares += profile[genre]! ** 2
    if (squares > 0) for (let genre = 0; genre < profile.length; genre++) profile[genre]! /= Math.sqrt(squares)
  }
  admit()
  return {
    width: () => numbers.size,
    admit,
    writeProfile,
    profileOf(list) {
      const profile = new Float32Array(numbers.size)
      writeProfile(list, profile)
      return profile
    },
  }
}
