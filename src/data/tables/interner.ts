/**
 * @file Gives ids dense indices in order of first appearance. Most public data numbers its users and items from 1: such plain ids are looked
 * up in an array by value, without hashing, and may be given as numbers; all others in a map.
 */

export interface Interner {
  /** The index of an id, a new one for a new id. A number is the id that it is written as; it must be one of `isPlainId`. */
  indexOf(id: string | number): number
  /** All ids, by index. */
  ids(): string[]
}

/** Ids of at most this many digits go by value: the array takes at most 40 MB. */
const MOST_DIGITS = 7

/** Whether a text of so many digits is an id that goes by value: few enough, and no zero before others ("017" is not "17"). */
export function isPlainId(digits: number, firstCharacter: number): boolean {
  return digits > 0 && digits <= MOST_DIGITS && (digits === 1 || firstCharacter !== 48)
}

/** An interner without ids. */
export function createInterner(): Interner {
  const ids: string[] = []
  const byText = new Map<string, number>()
  /** Index + 1 by value, 0 for none. */
  let byValue = new Uint32Array(1024)

  function add(id: string): number {
    ids.push(Buffer.from(id, 'utf8').toString('utf8')) // a copy that does not keep alive the block it was cut from
    return ids.length
  }

  function indexOfText(id: string): number {
    let place = byText.get(id)
    if (place === undefined) {
      place = add(id)
      byText.set(ids[place - 1]!, place)
    }
    return place - 1
  }

  return {
    indexOf(id) {
      const value = typeof id === 'number' ? id : plainValue(id)
      if (value < 0) return indexOfText(String(id))
      if (value >= byValue.length) {
        const grown = new Uint32Array(2 ** Math.ceil(Math.log2(value + 1)))
        grown.set(byValue)
        byValue = grown
      }
      if (byValue[value] === 0) byValue[value] = add(String(id))
      return byValue[value]! - 1
    },
    ids: () => ids,
  }
}

/** The value of "0", "17", "1682"; -1 for anything else. */
function plainValue(id: string): number {
  if (!isPlainId(id.length, id.charCodeAt(0))) return -1
  let value = 0
  for (let i = 0; i < id.length; i++) {
    const digit = id.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}
