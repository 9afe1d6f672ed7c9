/** @file Parts of the lists made in this process, as many users at once as the language model has sessions for. */

import { mapAtOnce } from '../../base/index.js'
import type { MakeList } from './list-maker.js'
import type { ListRow } from './list-parts.js'
import { type Division, type ListWork, placesOf, startMeter } from './list-work.js'

/** Parts under way: while the last users of one are asked about, the next begins. */
const PARTS_AT_ONCE = 2

/** How lists are made side by side. */
interface SideBySide {
  /** Of the language model; one user more than these is under way. */
  readonly sessions: number
  readonly signal?: AbortSignal | undefined
  /** Called with each list. */
  readonly listed: (rows: readonly ListRow[]) => void
}

/** Makes what is missing. @throws AdaptRecError `storage`, `aborted` with finished parts kept, and what `makeList` throws. */
export async function makeHere(
  { parts, missing, begin, told }: ListWork,
  division: Division,
  makeList: MakeList,
  how: Omit<SideBySide, 'listed'>,
): Promise<void> {
  begin()
  const meter = startMeter()
  const listed = (rows: readonly ListRow[]) => told({ made: 1, asked: askedIn(rows), ...meter() })
  const makePart = async (part: number) => {
    await parts.write(part, await rowsOf(placesOf(part, division), makeList, { ...how, listed }))
  }
  await mapAtOnce(missing, PARTS_AT_ONCE, makePart, how)
}

/** The rows of the users at these places, in their order. @throws AdaptRecError `aborted`, and what `makeList` throws. */
export async function rowsOf(
  places: readonly number[],
  makeList: MakeList,
  { sessions, signal, listed }: SideBySide,
): Promise<ListRow[]> {
  const work = async (place: number) => {
    const rows = await makeList(place)
    listed(rows)
    return rows
  }
  return (await mapAtOnce(places, sessions + 1, work, { signal })).flat()
}

/** Lists that the language model was asked for: 1 or 0. */
export function askedIn([first]: readonly ListRow[]): number {
  return first?.source === 'llm' ? 1 : 0
}
