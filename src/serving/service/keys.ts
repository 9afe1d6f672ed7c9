/** @file Keys of the service: 32 random bytes, told once; only their SHA-256 is kept. */

import { randomBytes } from 'node:crypto'
import type { z } from 'zod'
import { AdaptRecError, sha256 } from '../../base/index.js'
import type { Store } from '../../store/index.js'
import type * as api from './api.js'
import { keyReplyOf } from './replies.js'

type Out<T extends z.ZodType> = z.output<T>

/** Makes a key and tells its secret, this once. */
export async function addKey(
  store: Store,
  { name, scopes }: Out<typeof api.keyRequest>,
): Promise<Out<typeof api.keyReply>> {
  const secret = randomBytes(32).toString('base64url')
  const key = {
    id: randomBytes(8).toString('hex'),
    name,
    hash: sha256(secret),
    scopes: [...new Set(scopes)],
    createdAt: Date.now(),
  }
  await store.addKey(key)
  return { ...keyReplyOf(key), secret }
}

/** All keys, revoked ones too, without their secrets. */
export async function listKeys(store: Store): Promise<Out<typeof api.keysReply>> {
  return { rows: (await store.keys()).map(keyReplyOf) }
}

/** Revokes a key at once. @throws AdaptRecError `not-found`. */
export async function revokeKey(store: Store, keyId: string): Promise<void> {
  if (await store.revokeKey(keyId, Date.now())) return
  throw new AdaptRecError('not-found', `There is no key "${keyId}" that is in use.`, {
    hint: 'List the keys to find its id.',
  })
}
