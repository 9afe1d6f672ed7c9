/**
 * @file The catalogue: items by number and by id. It only grows, so a number stands for the same item as long as the process lives; between
 * processes an item is known by its id alone. Knows no users.
 */

import type { Dataset, Item } from './records.js'
import { plainTitle, titleFromId } from './titles.js'

/** Items in the order of their numbers, 0-based. */
export class Catalogue {
  readonly #items: Item[]
  readonly #numbers: Map<string, number>
  /** Titles in use, in lower case; made when the first item is added. */
  #titles: Set<string> | undefined

  /** Takes items whose ids and titles are unique, as a `Dataset` has them. */
  constructor(items: Iterable<Item> = []) {
    this.#items = [...items]
    this.#numbers = new Map(this.#items.map(({ id }, number) => [id, number]))
  }

  /** All items (I) by number: the list grows with the catalogue. */
  get items(): readonly Item[] {
    return this.#items
  }

  /** I, the number of items. */
  get size(): number {
    return this.#items.length
  }

  /** The number of the item with an id; undefined where there is none. O(1). */
  find(id: string): number | undefined {
    return this.#numbers.get(id)
  }

  /**
   * Adds an item behind all others and gives its number. An id that is known gives the number that it has, and the known item stays as it
   * is: the same event may be told twice. The title is cleaned and told apart from those in use. O(1) after the first.
   */
  add(item: Item): number {
    const known = this.#numbers.get(item.id)
    if (known !== undefined) return known
    const number = this.#items.length
    const natural = plainTitle(item.title, item.year?.toString()) ?? { title: titleFromId(item.id) }
    this.#items.push({ ...item, ...natural, title: this.#tellApart(natural.title) })
    this.#numbers.set(item.id, number)
    return number
  }

  /** Gives an item another title, cleaned and told apart from those in use; what was made from the old one stays as it is. O(1) after the first. */
  retitle(number: number, title: string): void {
    const item = this.#items[number]!
    const { year: _, ...rest } = item
    this.#titles ??= new Set(this.#items.map((each) => keyOf(each.title)))
    this.#titles.delete(keyOf(item.title))
    const natural = plainTitle(title) ?? { title: titleFromId(item.id) }
    this.#items[number] = { ...rest, ...natural, title: this.#tellApart(natural.title) }
  }

  /** The title, with " #2" or a later number behind it where it is in use. */
  #tellApart(title: string): string {
    this.#titles ??= new Set(this.#items.map((item) => keyOf(item.title)))
    let unique = title
    for (let count = 2; this.#titles.has(keyOf(unique)); count++) unique = `${title} #${count}`
    this.#titles.add(keyOf(unique))
    return unique
  }
}

/** Titles of one key read alike: in any case, and with commas for semicolons, as prompts write them. */
function keyOf(title: string): string {
  return title.toLowerCase().replaceAll(';', ',')
}

/** The catalogue of a data set: its items under the numbers that they have there. */
export function catalogueOf(dataset: Dataset): Catalogue {
  return new Catalogue(dataset.items)
}
