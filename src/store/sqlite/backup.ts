/** @file A copy of a store that opens as a store: made by a process of its own, read through, synced, and only then under its name. */

import { fileURLToPath } from 'node:url'
import { startStage, type Task, throwIfAborted, writeNewFolder } from '../../base/index.js'
import { runProgram } from './own-process.js'
import { FILE_NAME } from './place.js'

const program = fileURLToPath(new URL('./backup-process.mjs', import.meta.url))

/** Copies the file of a store into a new folder. @throws AdaptRecError `storage` where the place is taken, `aborted` on the signal. */
export async function backUp(file: string, folder: string, { progress, signal }: Task): Promise<void> {
  throwIfAborted(signal)
  const report = startStage(progress, 'Copying the store', 1)
  await writeNewFolder(folder, (place) => runProgram(file, program, [file, `${place}/${FILE_NAME}`], signal))
  report(1)
}
