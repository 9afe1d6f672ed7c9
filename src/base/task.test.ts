import { expect, it } from 'vitest'
import { type ProgressEvent, startStage } from './task.js'

it('reports a stage from its beginning, and the time left once there is a pace', () => {
  const events: ProgressEvent[] = []
  const report = startStage((event) => events.push(event), 'Reading', 4, 1)
  report(3, { loss: 2 })
  expect(events[0]).toEqual({ stage: 'Reading', done: 1, total: 4 })
  expect(events[1]).toMatchObject({ stage: 'Reading', done: 3, total: 4, figures: { loss: 2 } })
  expect(events[1]!.secondsLeft).toBeGreaterThanOrEqual(0)
  expect(events).toHaveLength(2)
})
