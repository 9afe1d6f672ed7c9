import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { syntheticDataset } from '../../test/support/synthetic-dataset.js'
import { type Example, type ProtocolName, sequenceOf } from './records.js'
import { MINIMUM_HISTORY, splitDataset } from './split.js'

const protocols = ['leave-one-out', 'llara', 'all-prefixes'] as const
const sizes = fc.record({
  users: fc.integer({ min: 12, max: 60 }),
  items: fc.constant(50),
  shortest: fc.integer({ min: 1, max: 6 }),
  longest: fc.integer({ min: 8, max: 20 }),
  seed: fc.nat(1000),
})

describe.each(protocols)('%s', (protocol: ProtocolName) => {
  test('never leaks the future', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 3 }), (size, trainTargetsPerUser) => {
        const dataset = syntheticDataset(size)
        const split = splitDataset(dataset, protocol, { trainTargetsPerUser })
        const check = (examples: readonly Example[], outside: Uint32Array) => {
          for (const { user, position, target, history } of examples) {
            const sequence = sequenceOf(dataset, user)
            expect(target).toBe(sequence[position])
            expect(history.length).toBeGreaterThanOrEqual(MINIMUM_HISTORY)
            expect([...history]).toEqual([...sequence.subarray(position - history.length, position)])
            expect(position).toBeGreaterThanOrEqual(outside[user]!)
          }
        }
        check(split.train, split.encoderLengths)
        check(split.validation, split.trainLengths)
        check(split.test, split.trainLengths)
        split.encoderLengths.forEach((length, u) => {
          expect(length).toBeLessThanOrEqual(split.trainLengths[u]!)
        })
        for (const { user, position } of split.train) expect(position).toBeLessThan(split.trainLengths[user]!)
      }),
      { numRuns: 30 },
    )
  })

  test('predicts no event twice and gives the same rows for the same seed', () => {
    const dataset = syntheticDataset()
    const split = splitDataset(dataset, protocol)
    const events = [...split.train, ...split.validation, ...split.test].map(
      ({ user, position }) => `${user}:${position}`,
    )
    expect(new Set(events).size).toBe(events.length)
    expect(splitDataset(dataset, protocol)).toEqual(split)
  })
})

test('leave-one-out tests the last item, validates the one before, trains on the targets before that', () => {
  const dataset = syntheticDataset({ users: 12, shortest: 10, longest: 10 })
  const split = splitDataset(dataset, 'leave-one-out', { trainTargetsPerUser: 2 })
  expect(split.test.map((example) => example.position)).toEqual(Array(12).fill(9))
  expect(split.validation.map((example) => example.position)).toEqual(Array(12).fill(8))
  expect(split.train.slice(0, 2).map((example) => example.position)).toEqual([6, 7])
  expect(split.trainLengths[0]).toBe(8)
  expect(split.encoderLengths[0]).toBe(6)
  expect(split.droppedUsers).toBe(0)
})

test('users too short are dropped and counted', () => {
  const dataset = syntheticDataset({ users: 30, shortest: 2, longest: 8 })
  const short = dataset.userIds.filter((_, u) => sequenceOf(dataset, u).length < MINIMUM_HISTORY + 2).length
  expect(splitDataset(dataset, 'leave-one-out').droppedUsers).toBe(short)
  expect(() => splitDataset(syntheticDataset({ shortest: 2, longest: 3 }), 'leave-one-out')).toThrow('too short')
})

test('the user cuts are 8:1:1 by the time of the first event, and llara tests each user once from 10 items', () => {
  const dataset = syntheticDataset({ users: 50, shortest: 12, longest: 20 })
  const llara = splitDataset(dataset, 'llara')
  expect([llara.validation.length, llara.test.length]).toEqual([5, 5])
  expect(llara.test.every((example) => example.history.length === 10)).toBe(true)
  const firstTime = (user: number) => dataset.times![dataset.offsets[user]!]!
  const latestTraining = Math.max(...dataset.userIds.map((_, u) => (llara.trainLengths[u]! > 0 ? firstTime(u) : 0)))
  for (const { user } of llara.test) expect(firstTime(user)).toBeGreaterThanOrEqual(latestTraining)
  const hidden = new Set(llara.train.map((example) => example.user))
  expect(hidden.size).toBe(8)
  for (const user of hidden) expect(llara.encoderLengths[user]).toBe(0)

  const prefixes = splitDataset(dataset, 'all-prefixes')
  expect(new Set(prefixes.test.map((example) => example.user))).toEqual(
    new Set(llara.test.map((example) => example.user)),
  )
  expect(prefixes.test[0]!.history.length).toBe(MINIMUM_HISTORY)
})

test('several test positions are the last ones, validation is the one before them, and a short user gives fewer', () => {
  const dataset = syntheticDataset({ users: 30, shortest: 5, longest: 12 })
  const split = splitDataset(dataset, 'leave-one-out', { testPositions: 3 })
  for (let user = 0; user < 30; user++) {
    const length = sequenceOf(dataset, user).length
    const tests = Math.min(3, length - 4)
    const positions = split.test.filter((row) => row.user === user).map(({ position }) => position)
    expect(positions).toEqual(Array.from({ length: tests }, (_, i) => length - tests + i))
    expect(split.validation.find((row) => row.user === user)!.position).toBe(length - tests - 1)
    expect(split.trainLengths[user]).toBe(length - tests - 1)
  }
  expect(split.droppedUsers).toBe(0)
})

test('where few users are known, the others are in no part but the test, which stays that of all', () => {
  const dataset = syntheticDataset({ users: 60, shortest: 6, longest: 50 })
  const all = splitDataset(dataset, 'leave-one-out')
  const partsOf = (knownUsers: number) => {
    const split = splitDataset(dataset, 'leave-one-out', { knownUsers, seed: 3 })
    expect(split.test).toEqual(all.test)
    const trained = Array.from(split.trainLengths.keys()).filter((user) => split.trainLengths[user]! > 0)
    const validated = [...new Set(split.validation.map(({ user }) => user))]
    expect(new Set([...trained, ...validated]).size).toBe(knownUsers)
    expect([...new Set(split.train.map(({ user }) => user))]).toEqual(trained)
    for (const user of trained) {
      const isValidated = validated.includes(user)
      expect(split.trainLengths[user]).toBe(all.trainLengths[user]! + (isValidated ? 0 : 1))
    }
    return { split, trained, validated }
  }
  const [few, more, most] = [partsOf(4), partsOf(16), partsOf(40)]
  expect(few.trained.every((user) => more.trained.includes(user))).toBe(true)
  expect(few.validated.every((user) => more.validated.includes(user))).toBe(true)

  expect([few.validated.length, more.validated.length]).toEqual([1, 4]) // strangers to every method, as most test users are
  for (const { user, position } of more.split.validation) {
    expect(more.split.trainLengths[user]).toBe(0)
    expect(position).toBeLessThan(all.test.find((row) => row.user === user)!.position)
  }
  const longest = more.validated.map((user) => sequenceOf(dataset, user).length)
  expect(more.split.validation).toHaveLength(longest.reduce((sum, length) => sum + Math.min(32, length - 1 - 3), 0))

  expect(most.validated).toEqual(most.trained) // where most test users are known, validation rows are theirs
  expect(partsOf(1).trained).toHaveLength(1)
})

test('a validation row may be given: training ends before it, and goes on to the test where there is none', () => {
  const dataset = syntheticDataset({ users: 3, shortest: 12, longest: 12 })
  const given = [{ position: 7, target: 40 }, { position: 2, target: 41 }, undefined]
  const split = splitDataset(dataset, 'leave-one-out', { validationOf: (user) => given[user] })
  expect(split.validation).toEqual([
    { user: 0, position: 7, target: 40, history: sequenceOf(dataset, 0).subarray(0, 7) },
  ])
  expect([...split.trainLengths]).toEqual([7, 11, 11])
  expect(split.test.map(({ position }) => position)).toEqual([11, 11, 11])
})

test('full cuts as leave-one-out does', () => {
  const dataset = syntheticDataset()
  const { protocol, ...full } = splitDataset(dataset, 'full')
  const { protocol: _, ...leaveOneOut } = splitDataset(dataset, 'leave-one-out')
  expect(protocol).toBe('full')
  expect(full).toEqual(leaveOneOut)
})

test.each([{ testPositions: 2 }, { knownUsers: 5 }])('%j is refused where whole users are tested', (options) => {
  expect(() => splitDataset(syntheticDataset(), 'llara', options)).toThrow(expect.objectContaining({ code: 'usage' }))
})
