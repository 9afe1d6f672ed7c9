/**
 * @file Titles as a person would say them. MovieLens writes "Godfather, The (1972)"; a language model has read "The Godfather (1972)": that
 * is mended for MovieLens alone. Titles come from strangers: they are held to one line of bounded length here, once, for every later reader.
 */

/** Most characters of a title. */
export const LONGEST_TITLE = 160

export interface ReadTitle {
  /** With the year in brackets where it is known: "The Godfather (1972)". */
  readonly title: string
  readonly year?: number
}

/**
 * A title as it is written; undefined where the file gives none. A year at its end is read, and counts before the one of a separate column,
 * which is put at the end.
 */
export function plainTitle(raw: string, yearCell?: string): ReadTitle | undefined {
  const text = cleanText(raw)
  const dated = /^(.+?) ?\((\d{4})\)$/.exec(text)
  const year = parseYear(dated?.[2])
  if (text === '') return undefined
  if (year !== undefined) return { title: `${shorten(dated![1]!)} (${year})`, year }
  const other = parseYear(yearCell)
  return other === undefined ? { title: shorten(text) } : { title: `${shorten(text)} (${other})`, year: other }
}

/**
 * The natural form of a title as MovieLens writes it; undefined where the file gives none ("", "unknown" without a year).
 * A year at the title's end counts before the one of a separate column.
 */
export function movielensTitle(raw: string, yearCell?: string): ReadTitle | undefined {
  const text = cleanText(raw).replace(/ \(V\)$/, '') // IMDb's mark for "released on video"
  const dated = /^(.*?) ?\((\d{4})(?:[-–](?:\d{4})?)?\)$/.exec(text)
  const name = (dated ? dated[1]! : text).trim()
  const year = parseYear(dated?.[2]) ?? parseYear(yearCell)
  if (name === '' || (year === undefined && placeholders.has(name.toLowerCase()))) return undefined
  const spoken = shorten(withArticlesFirst(name))
  return year === undefined ? { title: spoken } : { title: `${spoken} (${year})`, year }
}

/** What stands for a missing title: the id itself where it has a letter, else "Item 17". */
export function titleFromId(id: string): string {
  const text = shorten(cleanText(id))
  return /\p{L}/u.test(text) ? text : `Item ${text}`
}

/**
 * Makes every title of a list unique, in order: the second "Chasing Amy (1997)" becomes "Chasing Amy (1997) #2". Titles that differ
 * only in case count as equal, and so do those that differ only in `;` for `,`, which prompts write alike.
 */
export function tellApart(titles: readonly string[]): string[] {
  const keyOf = (title: string) => title.toLowerCase().replaceAll(';', ',')
  const taken = new Set(titles.map(keyOf))
  const seen = new Map<string, number>()
  return titles.map((title) => {
    const key = keyOf(title)
    let count = (seen.get(key) ?? 0) + 1
    if (count === 1) {
      seen.set(key, 1)
      return title
    }
    while (taken.has(`${key} #${count}`)) count++
    seen.set(key, count)
    taken.add(`${key} #${count}`)
    return `${title} #${count}`
  })
}

/**
 * One line of plain text in composed form (NFC). Characters that nobody sees go: formats, variation selectors, joiners, private use. Blank
 * ones (control characters, runs of spaces, Hangul fillers, the empty Braille cell) become one space.
 */
export function cleanText(raw: string): string {
  const bounded = raw.length > 4 * LONGEST_TITLE ? raw.slice(0, 4 * LONGEST_TITLE) : raw
  return bounded.replace(blanks, ' ').replace(unseen, '').normalize('NFC').replace(/ {2,}/g, ' ').trim()
}

const blanks = /[\p{Cc}\p{Z}\u115f\u1160\u2800\u3164\uffa0\ufffc\ufffd]+/gu
const unseen = /[\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu

const placeholders = new Set(['unknown', 'unkonwn', 'untitled', 'n/a', 'null', 'none']) // "unkonwn" is RecBole's

/** Articles that lists put last, in the languages of MovieLens' titles. "I" is left out: it is English too. */
const ARTICLES =
  'The|A|An|Le|La|Les|Un|Une|Il|Lo|Gli|Uno|Una|El|Los|Las|Der|Die|Das|Den|Det|De|Ein|Eine|Het|Een|En|Ett|Et|O|Os|Um|Uma'
const lastArticle = new RegExp(`^(.+), (${ARTICLES})$`)
const lastElision = /^(.+), (L['’])$/

/** Moves a last article to the front, in the title and in each bracketed other title. */
function withArticlesFirst(name: string): string {
  return name
    .split(/(\([^()]*\))/)
    .map((part) => {
      const bracketed = /^\((a\.k\.a\. |aka )?(.*)\)$/i.exec(part)
      if (bracketed) return `(${bracketed[1] ?? ''}${articleFirst(bracketed[2]!)})`
      return articleFirst(part.trim())
    })
    .filter((part) => part !== '')
    .join(' ')
}

function articleFirst(name: string): string {
  const elided = lastElision.exec(name)
  if (elided) return `${elided[2]}${elided[1]}`
  const moved = lastArticle.exec(name)
  return moved ? `${moved[2]} ${moved[1]}` : name
}

function parseYear(cell: string | undefined): number | undefined {
  const text = cell?.trim() ?? ''
  if (!/^-?\d{1,4}(\.0+)?$/.test(text)) return undefined
  const year = Number(text)
  return year >= 1000 && year <= 2999 ? year : undefined
}

function shorten(text: string): string {
  const characters = [...text]
  return characters.length <= LONGEST_TITLE
    ? text
    : `${characters
        .slice(0, LONGEST_TITLE - 1)
        .join('')
        .trimEnd()}…`
}
