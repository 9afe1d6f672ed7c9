import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import type { CollectiveEvidence, TargetUser } from '../retrieval/index.js'
import { proposeCandidates } from './propose.js'

let tiny: TinyRecommender
let targetUser: TargetUser
let evidence: CollectiveEvidence
beforeAll(async () => {
  tiny = await openTinyRecommender()
  targetUser = tiny.targetUserOf(tiny.test[3]!)
  evidence = (await tiny.recommender.retrieve(targetUser)).evidence
})
afterAll(() => tiny.dispose())

describe('proposed candidates', () => {
  it('are each proposed once, and never what the target has', async () => {
    const proposed = await proposeCandidates(tiny.encoder, evidence, targetUser, 8)
    expect(proposed).toHaveLength(8)
    expect(new Set(proposed).size).toBe(8)
    for (const item of targetUser.history) expect(proposed).not.toContain(item)
  })

  it('alternate between what the wide pool went on to and what the encoder expects', async () => {
    const known = new Set(targetUser.history)
    const logits = tiny.encoder.logits(await tiny.encoder.state(Uint32Array.from(targetUser.history)))
    const expected = [...logits.keys()].filter((item) => !known.has(item)).sort((a, b) => logits[b]! - logits[a]!)
    const [first, second, third] = await proposeCandidates(tiny.encoder, evidence, targetUser, 3)
    const gone = evidence.top.map(({ item }) => item)
    expect(first).toBe(gone[0])
    expect(second).toBe(expected.find((item) => item !== first))
    expect(third).toBe(gone.find((item) => item !== first && item !== second))
  })

  it('are all that is left where more are wanted than there are', async () => {
    const left = tiny.dataset.items.length - new Set(targetUser.history).size
    expect(await proposeCandidates(tiny.encoder, evidence, targetUser, 1000)).toHaveLength(left)
  })
})

describe('rules of a proposal', () => {
  it('say what may be proposed, and further sources fill up what the first lack', async () => {
    const allowed = [...targetUser.history.slice(0, 2), 5, 6]
    const allows = (item: number) => allowed.includes(item)
    const proposed = await proposeCandidates(tiny.encoder, evidence, targetUser, 10, { allows })
    expect(new Set(proposed)).toEqual(new Set(allowed)) // what the target has is the rule's matter, too
    const late = tiny.dataset.items.length + 3
    const more = [[late, 5], [late]]
    const mixed = await proposeCandidates(tiny.encoder, evidence, targetUser, 4, { allows: () => true, more })
    expect(mixed).toContain(late)
    expect(new Set(mixed).size).toBe(4)
  })
})
