/**
 * @file One process per folder. The holder is told by the name of a lock file, `lock.HOST.PID.START.PLACE`, so that a lock is never
 * half-written. Each process first puts its own lock down and then looks for others: of two that come together at least one sees the
 * other and goes, and never do both stay. PLACE stands for the process numbers that PID is one of: the boot of the machine and, in a
 * container, the container. A lock of this place whose process is gone is taken over at once. One of another place cannot be judged by
 * its number, whatever its host is called: it is respected as long as its holder touches the file, which it does every few seconds, and
 * taken over after ten minutes without. A holder that stands still for longer (a suspended container) can so lose its lock unseen.
 */

import { createHash, randomBytes } from 'node:crypto'
import * as nodeFs from 'node:fs'
import { hostname } from 'node:os'
import { AdaptRecError } from './errors.js'
import { type FileSystem, makeFolder, storageError } from './files.js'

const BEAT_MS = 10_000
/** Far longer than any work that keeps the beat from being made. */
const STALE_MS = 600_000

/**
 * Locks a folder, made if need be, for this process, and returns the function that unlocks it.
 * @throws AdaptRecError `state` when a living process holds it, `storage` when the lock cannot be written.
 */
export function lockFolder(folder: string, fs: FileSystem = nodeFs): () => void {
  const own = `lock.${hostname().replaceAll(/[^\w-]/g, '_')}.${process.pid}.${startOf(process.pid) ?? 0}.${thisPlace()}`
  const path = `${folder}/${own}`
  try {
    makeFolder(folder, fs)
    fs.closeSync(fs.openSync(path, 'wx'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw inUse(folder, own)
    throw storageError(path, error)
  }
  const beat = setInterval(touch, BEAT_MS, path).unref()
  const unlock = () => {
    clearInterval(beat)
    try {
      fs.rmSync(path, { force: true })
    } catch {
      // A lock left behind is taken over once this process has ended.
    }
  }
  for (const other of nodeFs.readdirSync(folder)) {
    if (other === own || !other.startsWith('lock.')) continue
    if (isDead(other) || isStale(`${folder}/${other}`, path)) {
      fs.rmSync(`${folder}/${other}`, { force: true })
      continue
    }
    unlock()
    throw inUse(folder, other)
  }
  return unlock
}

/** Writes into a lock, so that the file system, whose clock alone counts, gives it a new time; a lock that is gone stays gone. */
function touch(path: string): void {
  try {
    const file = nodeFs.openSync(path, 'r+')
    nodeFs.writeSync(file, '.', 0)
    nodeFs.closeSync(file)
  } catch {
    // The next beat tries again.
  }
}

/** Whether a lock is of this place and its process is gone. */
function isDead(name: string): boolean {
  const [, , pid, start, place] = name.split('.')
  return place === thisPlace() && startOf(Number(pid)) !== Number(start)
}

/** Whether a lock was not touched for long before `own` was written, by the clock of their file system. */
function isStale(lock: string, own: string): boolean {
  const [touched, now] = [lock, own].map((path) => nodeFs.statSync(path, { throwIfNoEntry: false })?.mtimeMs)
  return touched !== undefined && now !== undefined && now - touched > STALE_MS
}

let place: string | undefined

/**
 * The processes among which a process number is one: on Linux the boot, the process namespace and when its first process began, in eight
 * hex digits, or at random where the system does not tell; elsewhere, where there are no such namespaces, the name of the machine.
 */
function thisPlace(): string {
  place ??=
    process.platform === 'linux' ? linuxPlace() : createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
  return place
}

function linuxPlace(): string {
  try {
    const boot = nodeFs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
    const space = nodeFs.readlinkSync('/proc/self/ns/pid')
    return createHash('sha256')
      .update(`${boot} ${space} ${startOf(1)}`)
      .digest('hex')
      .slice(0, 8)
  } catch {
    return randomBytes(4).toString('hex')
  }
}

/** When a living process began, in the kernel's ticks, 0 where the system does not tell; undefined when there is no such process. */
function startOf(pid: number): number | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined
  }
  if (process.platform !== 'linux') return 0
  try {
    const stat = nodeFs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // from the third field on: state ... starttime (22nd)
    return fields[0] === 'Z' ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
}

function inUse(folder: string, lock: string): AdaptRecError {
  const [, host, pid, , place] = lock.split('.')
  const later =
    place === thisPlace()
      ? ''
      : ` It is of another machine or container, and free ten minutes after the last sign of life.`
  return new AdaptRecError('state', `${folder} is in use by process ${pid} on ${host}.`, {
    hint: `Wait until it ends or choose another folder. If no such process runs there, remove ${folder}/${lock}.${later}`,
  })
}
