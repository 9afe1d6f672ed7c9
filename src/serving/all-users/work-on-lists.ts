/** @file The work of one worker on a job of lists: the parts that it is told to make, one after the other, each a file. Knows no cluster. */

import { openRun } from '../open-run.js'
import type { ServingTask } from '../parts-of-run.js'
import { listMaker } from './list-maker.js'
import { type ListRow, writePart } from './list-parts.js'
import { type Lists, placesOf, startMeter } from './list-work.js'
import { openListsJob } from './lists-job.js'
import { askedIn, rowsOf } from './make-here.js'

/** A part that was made. */
export interface MadePart extends Omit<Lists, 'made'> {
  readonly part: number
  readonly users: number
}

/**
 * Makes the parts of a job whose numbers come, in a folder. @param told of each when its file is there.
 * @throws AdaptRecError as `openListsJob` and `openRun`; `storage`, `aborted`.
 */
export async function workOnLists(
  folder: string,
  out: string,
  { numbers, told }: { readonly numbers: AsyncIterable<number>; readonly told: (part: MadePart) => void },
  task: ServingTask & { readonly sessions: number },
): Promise<void> {
  const { everybody, settings, division, modelAt = task.modelAt } = await openListsJob(folder)
  const run = await openRun(folder, { ...task, modelAt }, async () => everybody.dataset)
  try {
    const makeList = listMaker(run, everybody, settings, task.signal)
    const meter = startMeter()
    for await (const part of numbers) {
      meter() // what it waited for a number is no work
      let asked = 0
      const listed = (list: readonly ListRow[]) => {
        asked += askedIn(list)
      }
      const places = placesOf(part, division)
      const rows = await rowsOf(places, makeList, { sessions: task.sessions, signal: task.signal, listed })
      await writePart(out, part, rows)
      told({ part, users: places.length, asked, ...meter() })
    }
  } finally {
    await run.dispose()
  }
}
