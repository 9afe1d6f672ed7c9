import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { measurePace } from './pace.js'

it('asks for a checkpoint when its time has come', async () => {
  const pace = measurePace(10, 0.02)
  expect(pace.isSaveDue()).toBe(false)
  await wait(30)
  expect(pace.isSaveDue()).toBe(true)
  pace.saved(pace.seconds())
  expect(pace.isSaveDue()).toBe(false)
  expect(pace.seconds()).toBeGreaterThan(10.02)
})

it('waits 50 times as long as the last checkpoint took', async () => {
  const pace = measurePace(0, 0.001)
  await wait(5)
  expect(pace.isSaveDue()).toBe(true)
  pace.saved(pace.seconds() - 60) // one that took a minute
  await wait(5)
  expect(pace.isSaveDue()).toBe(false)
})
