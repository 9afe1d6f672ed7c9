/** @file A new folder of files that another folder has: copied by the system, one after the other, and there as a whole or not at all. */

import { constants, readdirSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { throwIfAborted } from './errors.js'
import { makeFolder, writeFolderByPathAtomic } from './files.js'

/**
 * Copies what a folder holds into one of another name; where that is there already, it is replaced. @param isWanted by the name of a file or folder
 * right in `from`; a folder comes with all that is in it. @throws AdaptRecError `storage`, `aborted`; an older folder is kept.
 */
export async function copyFolderAtomic(
  from: string,
  to: string,
  isWanted: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  const files = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(from, join(parentPath, name)))
    .filter((file) => isWanted(file.split(sep)[0]!))
  await writeFolderByPathAtomic(to, async (temporary) => {
    for (const file of files) {
      throwIfAborted(signal)
      makeFolder(dirname(join(temporary, file)))
      await copyFile(join(from, file), join(temporary, file), constants.COPYFILE_FICLONE) // on some disks it takes no room
    }
  })
}
