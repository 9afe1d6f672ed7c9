/** @file Made-up judged rows: one row a user, each target at a rank that the test says. */

import type { JudgedRows } from '../../src/evaluation/index.js'

type Kind = JudgedRows['methods'][number]['kind']

/** Rows of users u0, u1, ... with films as items. `methods` gives for each name how many candidates stand above the target of each row. */
export function judgedRows({
  methods,
  nats = {},
  kinds = {},
  seed = 1,
  validation,
  taken,
}: {
  readonly methods: Readonly<Record<string, readonly number[]>>
  readonly nats?: Readonly<Record<string, readonly number[]>>
  /** `method` where nothing is said. */
  readonly kinds?: Readonly<Record<string, Kind>>
  /** Another seed has other lists. */
  readonly seed?: number
  readonly validation?: JudgedRows['validation']
  /** How often the training part holds the target of each row. */
  readonly taken?: readonly number[]
}): JudgedRows {
  const count = Object.values(methods)[0]!.length
  return {
    format: 'adaptrec-rows-1',
    dataset: 'made up',
    protocol: 'leave-one-out',
    seed,
    listHash: `lists of seed ${seed}`,
    rows: Array.from({ length: count }, (_, i) => ({
      user: `u${i}`,
      position: 5,
      target: `i${i}`,
      ...(taken ? { taken: taken[i]! } : {}),
      history: ['i90', 'i91'],
    })),
    methods: Object.entries(methods).map(([name, above]) => ({
      name,
      kind: kinds[name] ?? 'method',
      description: `What ${name} is.`,
      above,
      tied: above.map(() => 0),
      ...(nats[name] ? { nats: nats[name] } : {}),
      first: above.map((each, i) => (each === 0 ? `i${i}` : 'i99')),
    })),
    ...(validation ? { validation } : {}),
    titles: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`i${i}`, `Film ${i}`])),
  }
}
