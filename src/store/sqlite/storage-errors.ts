/** @file What the database says, as an error of ours with the next thing to do. Knows the codes of SQLite and nothing of what was asked. */

import { AdaptRecError, messageOf } from '../../base/index.js'

const hints: readonly (readonly [codes: RegExp, hint: string])[] = [
  [/^SQLITE_FULL/, 'Free some space on this disk; nothing of this call was written, so the same call may be repeated.'],
  [/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/, 'Check that the folder of the store and its files can be written to.'],
  [/^SQLITE_(CORRUPT|NOTADB|FORMAT)/, 'Stop the service and put back the latest backup of this folder.'],
  [/^SQLITE_(BUSY|LOCKED)/, 'Another process is writing to this store for long; wait, then try again.'],
  [/^SQLITE_IOERR/, 'The disk fails: look into the system log, and put back the latest backup on another disk.'],
  [/^SQLITE_(TOOBIG|NOMEM)/, 'Send less at once.'],
]

/** The error of a statement or file that failed; one that is ours stays as it is. `conflict` where a row of that key is there, else `storage`. */
export function databaseError(file: string, cause: unknown): AdaptRecError {
  if (cause instanceof AdaptRecError) return cause
  const code = codeOf(cause)
  if (code.startsWith('SQLITE_CONSTRAINT')) {
    return new AdaptRecError('conflict', `The store has such a row already: ${messageOf(cause)}`, {
      cause,
      hint: 'Take another id.',
    })
  }
  const hint = hints.find(([codes]) => codes.test(code))?.[1]
  return new AdaptRecError('storage', `The store ${file} fails: ${messageOf(cause)}`, {
    cause,
    hint: hint ?? 'Run the same command again with --debug, and report what it says.',
  })
}

/** Whether an error says that the file itself is damaged. */
export function saysDamaged(cause: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(codeOf(cause))
}

/** SQLite's name for what happened, empty without one. */
function codeOf(cause: unknown): string {
  const code = (cause as { readonly code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : ''
}
