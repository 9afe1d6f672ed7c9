/**
 * @file What the server, the network or the client says, as an error of ours: the host, what was tried, the next thing to do; never a password.
 * Knows the codes of PostgreSQL and of sockets, and nothing of what was asked.
 */

import { AdaptRecError, type ErrorCode, messageOf } from '../../base/index.js'
import type { Address } from './address.js'

type Told = readonly [code: ErrorCode, message: string, hint: string]

const lost = /^(ECONNRESET|EPIPE|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|57P0[123]|08...)$/
const lostWords =
  /connection terminated|connection ended unexpectedly|timeout exceeded when trying to connect|not queryable/i

/** Whether a connection broke or could not be made: another one may go. */
export function isLost(cause: unknown): boolean {
  return lost.test(codeOf(cause)) || lostWords.test(messageOf(cause))
}

/** Whether a transaction may be done again, since nothing of it was done: two were in each other's way. */
export function mayRepeat(cause: unknown): boolean {
  return /^(40001|40P01)$/.test(codeOf(cause))
}

/** The error of what failed; one that is ours stays as it is. */
export function serverError(address: Address, cause: unknown): AdaptRecError {
  if (cause instanceof AdaptRecError) return cause
  const code = codeOf(cause)
  const [kind, message, hint] = (told[code] ?? told[code.slice(0, 2)] ?? connecting(cause) ?? otherwise)(address, cause)
  return new AdaptRecError(kind, message, { hint, cause: plain(cause) })
}

const told: Readonly<Record<string, (address: Address, cause: unknown) => Told>> = {
  '23505': (_, cause) => ['conflict', `The store has such a row already: ${messageOf(cause)}`, 'Take another id.'],
  '28': refusedLogin,
  '3D000': ({ host, database }) => [
    'storage',
    `PostgreSQL at ${host} has no database "${database}".`,
    `Make it: createdb -h ${host.split(':')[0]} "${database}", or correct the URL.`,
  ],
  '42501': ({ host, database, schema, user }, cause) => [
    'storage',
    `PostgreSQL at ${host} lets "${user}" not do this in database "${database}": ${messageOf(cause)}`,
    `Let its owner run: GRANT CREATE ON DATABASE "${database}" TO "${user}"; and GRANT ALL ON SCHEMA ${schema} where it is there.`,
  ],
  '53300': ({ host }) => [
    'storage',
    `PostgreSQL at ${host} has no connection left.`,
    'Give each service fewer (?pool=5 in the URL), raise max_connections, or put a pooler in front.',
  ],
  '53100': ({ host }) => [
    'storage',
    `The disk of PostgreSQL at ${host} is full.`,
    'Free some space on it, then repeat the call.',
  ],
  '55P03': ({ host }) => [
    'storage',
    `Another process is writing to the store at ${host} for long.`,
    'Wait for the import or the filling to end, then try again.',
  ],
  '25006': ({ host }) => [
    'storage',
    `PostgreSQL at ${host} takes no writes: it is a standby or set read-only.`,
    'Name the primary server in the URL.',
  ],
  '57P03': ({ host }) => [
    'storage',
    `PostgreSQL at ${host} is starting or stopping.`,
    'Wait some seconds, then try again.',
  ],
  ENOTFOUND: unreachable('the name of the host is not known'),
  EAI_AGAIN: unreachable('the name of the host could not be looked up'),
  ECONNREFUSED: unreachable('nothing listens there'),
  EHOSTUNREACH: unreachable('there is no way to the host'),
  ENETUNREACH: unreachable('there is no way to the network'),
  ETIMEDOUT: unreachable('no answer'),
}

function connecting(cause: unknown): ((address: Address, cause: unknown) => Told) | undefined {
  const text = messageOf(cause)
  if (/SASL|password must be a string/i.test(text)) return refusedLogin
  if (/SSL|certificate/i.test(text)) {
    return ({ host }) => [
      'storage',
      `The connection to PostgreSQL at ${host} is not made: ${text}`,
      'Add sslmode=disable, or sslmode=verify-full with sslrootcert=FILE, to the URL, as the server wants it.',
    ]
  }
  if (/timeout/i.test(text)) return unreachable('no answer within 5 s')
  if (isLost(cause)) {
    return ({ host }) => [
      'storage',
      `The connection to PostgreSQL at ${host} broke, and what was asked may be done or not.`,
      'Look whether the server runs, then repeat the call: the first of an eventId wins, so events may be sent again.',
    ]
  }
  return undefined
}

function refusedLogin({ host, user }: Address, cause: unknown): Told {
  const what = /SASL|must be a string/i.test(messageOf(cause))
    ? 'a password is needed and none, or no good one, was given'
    : messageOf(cause)
  return [
    'storage',
    `PostgreSQL at ${host} refuses the user "${user}": ${what}.`,
    'Correct user and password in the URL, or give the password in PGPASSWORD or ~/.pgpass; pg_hba.conf says who may come from where.',
  ]
}

function unreachable(why: string): (address: Address) => Told {
  return ({ host }) => [
    'storage',
    `PostgreSQL at ${host} is not reached: ${why}.`,
    `Check host and port of the URL, that the server runs and listens there, and the firewall: pg_isready -h ${host.replace(/:(\d+)$/, ' -p $1')}`,
  ]
}

function otherwise({ host }: Address, cause: unknown): Told {
  return [
    'storage',
    `The store at ${host} fails: ${messageOf(cause)}`,
    'Run the same command again with --debug, and report what it says.',
  ]
}

/** The cause without what the client hangs on it, such as its settings. */
function plain(cause: unknown): Error {
  return Object.assign(new Error(messageOf(cause)), { code: codeOf(cause) })
}

function codeOf(cause: unknown): string {
  const code = (cause as { readonly code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : ''
}
