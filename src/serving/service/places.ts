/** @file Where a service keeps files: folders within the store's own, or in one that is named. Whoever names a path stays inside, links included. */

import { existsSync, realpathSync } from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { AdaptRecError } from '../../base/index.js'
import type { Store, StoredModel } from '../../store/index.js'

/** The folders of a service. */
export interface Places {
  readonly folder: string
  /** A run in each: what was trained here. */
  readonly models: string
  /** What may be imported: an operator puts it here. */
  readonly imports: string
  readonly exports: string
  readonly backups: string
  /** Stands in reports and seeds candidate lists. */
  readonly name: string
}

/** Where the files of a store without a folder are kept, unless it is said. */
const DEFAULT_FILES = 'adaptrec-files'

/**
 * The folders beside a store's database, or in the folder that is named for them. Services of several machines that share a store share it too: a file
 * system of theirs.
 */
export function placesOf({ url }: Pick<Store, 'url'>, files?: string): Places {
  const folder = files ?? /^sqlite:(.+)$/.exec(url)?.[1] ?? DEFAULT_FILES
  const path = resolve(folder)
  return {
    folder: path,
    models: join(path, 'models'),
    imports: join(path, 'imports'),
    exports: join(path, 'exports'),
    backups: join(path, 'backups'),
    name: basename(path),
  }
}

/** Whether a folder is of what was trained here, or restored here. */
export function isOwnFolder({ models }: Pick<Places, 'models'>, folder: string): boolean {
  return folder.startsWith(models + sep)
}

/** A model's folder as the store keeps it: relative within the store's own, so that the whole may be moved; else as it is. */
export function keptFolder(places: Places, folder: string): string {
  return isOwnFolder(places, folder) ? relative(places.folder, folder).split(sep).join('/') : folder
}

/** Where a model's run is: in the store's `models` under its id, as trainings and backups leave it, or where it was registered from. */
export function folderOfModel(places: Places, { id, folder }: Pick<StoredModel, 'id' | 'folder'>): string {
  const own = join(places.models, id)
  return existsSync(own) ? own : resolve(places.folder, folder)
}

/** The real path of what a caller names within a folder. @throws AdaptRecError `not-found` for what is not there, or not inside. */
export function pathInside(folder: string, name: string): string {
  const named = resolve(folder, name)
  const path = existsSync(named) ? realpathSync(named) : undefined
  if (path?.startsWith(realpathSync(folder) + sep)) return path
  throw new AdaptRecError('not-found', `There is no "${name}" in the folder imports of the store.`, {
    hint: `Put the file or folder into ${folder} and name it as it is called there.`,
  })
}
