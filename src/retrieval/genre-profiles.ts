/** @file What a user's items are made of: how often each genre or tag is named, as a unit vector. Knows no similarity. */

/** Profiles over the genres of one data set. */
export interface GenreProfiles {
  /** G, the number of genres. */
  readonly width: number
  /** The unit vector (G) of a list of items; all zeros where no item has a genre. O(items). */
  profileOf(items: ArrayLike<number>): Float32Array
  /** The same, written into `profile` (G). */
  writeProfile(items: ArrayLike<number>, profile: Float32Array): void
}

/** Numbers the genres and prepares their look-up. O(items of the data set). */
export function createGenreProfiles(items: readonly { readonly genres: readonly string[] }[]): GenreProfiles {
  const numbers = new Map<string, number>()
  for (const { genres } of items) for (const genre of genres) if (!numbers.has(genre)) numbers.set(genre, numbers.size)
  const genresOf = items.map(({ genres }) => Uint16Array.from(genres, (genre) => numbers.get(genre)!))
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
  return {
    width: numbers.size,
    writeProfile,
    profileOf(list) {
      const profile = new Float32Array(numbers.size)
      writeProfile(list, profile)
      return profile
    },
  }
}
