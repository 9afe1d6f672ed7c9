/** @file What a user's items are made of: how often each genre or tag is named, as a unit vector. Knows no similarity. */

/** Profiles over the genres of one data set. */
export interface GenreProfiles {
  /** The unit vector (G) of a list of items; all zeros where no item has a genre. O(items). */
  profileOf(items: ArrayLike<number>): Float32Array
}

/** Numbers the genres and prepares their look-up. O(items of the data set). */
export function createGenreProfiles(items: readonly { readonly genres: readonly string[] }[]): GenreProfiles {
  const numbers = new Map<string, number>()
  for (const { genres } of items) for (const genre of genres) if (!numbers.has(genre)) numbers.set(genre, numbers.size)
  const genresOf = items.map(({ genres }) => Uint16Array.from(genres, (genre) => numbers.get(genre)!))
  return {
    profileOf(list) {
      const profile = new Float32Array(numbers.size)
      for (let i = 0; i < list.length; i++) for (const genre of genresOf[list[i]!]!) profile[genre]!++
      const norm = Math.hypot(...profile)
      return norm > 0 ? profile.map((value) => value / norm) : profile
    },
  }
}
