/** @file For the days until `answer/` is there: answers nothing. */

import { AdaptRecError } from '../../base/index.js'
import type { Answering } from './answering.js'
import type { ServiceOptions } from './service.js'

export async function openAnswering(_: ServiceOptions): Promise<Answering> {
  const refuse = async (): Promise<never> => {
    throw new AdaptRecError('busy', 'No model is open.', { hint: 'Train one first.' })
  }
  return {
    recommend: refuse,
    trace: refuse,
    similar: refuse,
    neighbours: async () => ({ rows: [] }),
    refreshModels: async () => undefined,
    isOpen: () => true,
    catchUp: async () => undefined,
    forget: async () => undefined,
    queue: () => ({ waiting: 0, running: 0, capacity: 32 }),
    caches: () => [],
    live: () => ({
      minutes: 0,
      requests: 0,
      share: { llm: 0, evidence: 0, popular: 0, cache: 0, degraded: 0 },
      stages: [],
      latest: [],
      perMinute: [],
    }),
    drain: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
