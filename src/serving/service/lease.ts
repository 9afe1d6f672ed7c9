/**
 * @file A name that one service of several on one store holds at a time: for a lane of jobs, a write under its key, the first start. It is renewed
 * while the process lives; of one that died another may take it half a minute later. The hosts' clocks are expected to be some seconds apart at most.
 */

import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { throwIfAborted } from '../../base/index.js'
import type { Store } from '../../store/index.js'

const LEASE_MS = 30_000
const RENEW_MS = 5_000
const ASK_AGAIN_MS = 100

/** A name that is held. End it. */
export interface Lease {
  end(): Promise<void>
}

/** Takes a name; undefined where another service holds it. `lost` is called where it could not be kept. @throws AdaptRecError `storage`. */
export async function takeLease(store: Store, name: string, lost: () => void = () => {}): Promise<Lease | undefined> {
  const owner = randomBytes(8).toString('hex')
  if (!(await store.takeLease(name, owner, LEASE_MS))) return undefined
  let heldUntil = performance.now() + LEASE_MS
  const renew = async () => {
    const asked = performance.now()
    try {
      if (!(await store.takeLease(name, owner, LEASE_MS))) return lose()
      heldUntil = asked + LEASE_MS
    } catch {
      if (asked > heldUntil - RENEW_MS) lose() // the store is away: asked again until another may have it
    }
  }
  const timer = setInterval(renew, RENEW_MS).unref()
  const lose = () => {
    clearInterval(timer)
    lost()
  }
  return {
    end: async () => {
      clearInterval(timer)
      await store.endLease(name, owner).catch(() => {}) // it ends by itself
    },
  }
}

/** Takes a name as soon as nobody else holds it; undefined after `mostMs`. @throws AdaptRecError `storage`, `aborted`. */
export async function waitForLease(
  store: Store,
  name: string,
  {
    mostMs = Number.POSITIVE_INFINITY,
    signal,
  }: { readonly mostMs?: number; readonly signal?: AbortSignal | undefined },
): Promise<Lease | undefined> {
  const end = performance.now() + mostMs
  for (;;) {
    const lease = await takeLease(store, name)
    if (lease || performance.now() >= end) return lease
    await wait(ASK_AGAIN_MS)
    throwIfAborted(signal)
  }
}
