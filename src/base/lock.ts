/**
 * @file One process per folder. The holder is told by the name of an empty lock file, `lock.HOST.PID.START`, so that a lock is
 * never half-written. Each process first puts its own lock down and then looks for others: of two that come together at least one
 * sees the other and goes, and never do both stay. The lock of a dead process on this machine is taken over;
 * one of another machine cannot be judged and is respected.
 */

import * as nodeFs from 'node:fs'
import { hostname } from 'node:os'
import { AdaptRecError } from './errors.js'
import { type FileSystem, makeFolder, storageError } from './files.js'

/**
 * Locks a folder, made if need be, for this process, and returns the function that unlocks it.
 * @throws AdaptRecError `state` when a living process holds it, `storage` when the lock cannot be written.
 */
export function lockFolder(folder: string, fs: FileSystem = nodeFs): () => void {
  const host = hostname().replaceAll(/[^\w-]/g, '_')
  const own = `lock.${host}.${process.pid}.${startOf(process.pid) ?? 0}`
  const path = `${folder}/${own}`
  try {
    makeFolder(folder, fs)
    fs.closeSync(fs.openSync(path, 'wx'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw inUse(folder, own)
    throw storageError(path, error)
  }
  const unlock = () => {
    try {
      fs.rmSync(path, { force: true })
    } catch {
      // A lock left behind is taken over once this process has ended.
    }
  }
  for (const other of nodeFs.readdirSync(folder)) {
    if (other === own || !other.startsWith('lock.')) continue
    if (isDead(other, host)) {
      fs.rmSync(`${folder}/${other}`, { force: true })
      continue
    }
    unlock()
    throw inUse(folder, other)
  }
  return unlock
}

/** Whether a lock is of this machine and its process is gone. */
function isDead(name: string, ownHost: string): boolean {
  const [, host, pid, start] = name.split('.')
  return host === ownHost && startOf(Number(pid)) !== Number(start)
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
  const [, host, pid] = lock.split('.')
  return new AdaptRecError('state', `${folder} is in use by process ${pid} on ${host}.`, {
    hint: `Wait until it ends or choose another folder. If no such process runs there, remove ${folder}/${lock}.`,
  })
}
