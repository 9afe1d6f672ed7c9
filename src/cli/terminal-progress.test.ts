import { describe, expect, it } from 'vitest'
import { createTerminalProgress } from './terminal-progress.js'

function recorder(isTTY: boolean, columns = 80) {
  let text = ''
  let time = 0
  const stream = { isTTY, columns, write: (part: string) => (text += part) }
  const progress = createTerminalProgress(stream, () => time)
  return { ...progress, wait: (ms: number) => (time += ms), written: () => text }
}

describe('progress in a terminal', () => {
  it('rewrites one line with share, time left and figures', () => {
    const { report, written } = recorder(true)
    report({ stage: 'Training', done: 45, total: 100, secondsLeft: 65, figures: { loss: 2.3456 } })
    expect(written()).toBe(`\r\u001b[KTraining ${'█'.repeat(11)}${'░'.repeat(13)} 45 %, 1 min 05 s left, loss 2.35`)
  })

  it('is never longer than the terminal is wide', () => {
    const { report, written } = recorder(true, 30)
    report({ stage: 'Fetching a file with a very long name', done: 1, total: 3 })
    expect(written().replace('\r\u001b[K', '').length).toBeLessThan(30)
  })

  it('does not rewrite more often than an eye can follow', () => {
    const { report, wait, written } = recorder(true)
    for (let done = 0; done < 1000; done++) {
      report({ stage: 'Scoring', done, total: 1000 })
      wait(1)
    }
    expect(written().split('\r').length).toBeLessThan(15)
  })

  it('closes a stage with its time when the next begins or all is finished', () => {
    const { report, wait, finish, written } = recorder(true)
    report({ stage: 'Reading', done: 0, total: 1 })
    wait(2_000)
    report({ stage: 'Reading', done: 1, total: 1 })
    wait(1_000)
    report({ stage: 'Training', done: 1, total: 4 })
    wait(3_000)
    finish()
    finish()
    expect(written()).toContain('Reading: done in 2.0 s\n')
    expect(written()).toContain('Training: stopped at 25 % in 3.0 s\n')
  })
})

describe('stages in each other', () => {
  it('are open until they are complete, whatever begins in between', () => {
    const { report, wait, finish, written } = recorder(false)
    report({ stage: 'Tuning EASE', done: 0, total: 2 })
    for (let done = 1; done <= 2; done++) {
      for (let solved = 0; solved <= 1; solved++) {
        report({ stage: 'Solving', done: solved, total: 1 })
        wait(1_000)
      }
      report({ stage: 'Tuning EASE', done, total: 2 })
    }
    finish()
    expect(written().trimEnd().split('\n')).toEqual([
      'Solving: done in 1.0 s',
      'Solving: done in 1.0 s',
      'Tuning EASE: done in 4.0 s',
    ])
  })

  it('take turns without an end of either, and tell of themselves as often as one alone', () => {
    const { report, wait, finish, written } = recorder(false)
    for (let done = 0; done <= 10; done++) {
      report({ stage: 'Reading', done, total: 10 })
      report({ stage: 'Importing', done, total: 10 })
      wait(1_000)
    }
    finish()
    expect(written().trimEnd().split('\n')).toEqual([
      'Reading: 50 %',
      'Reading: 100 %',
      'Reading: done in 10 s',
      'Importing: done in 10 s',
    ])
  })

  it('are told as stopped, the innermost first, where all work ends before them', () => {
    const { report, wait, finish, written } = recorder(true)
    report({ stage: 'Tuning EASE', done: 1, total: 4 })
    wait(1_000)
    report({ stage: 'Solving', done: 3, total: 6 })
    wait(2_000)
    finish()
    finish()
    const lines = written().split('\n')
    expect(lines.map((line) => line.split('\u001b[K').at(-1))).toEqual([
      'Solving: stopped at 50 % in 2.0 s',
      'Tuning EASE: stopped at 25 % in 3.0 s',
      '',
    ])
  })
})

describe('progress in a pipe or a file', () => {
  it('writes plain lines every few seconds, without escapes', () => {
    const { report, wait, finish, written } = recorder(false)
    for (let done = 0; done <= 120; done++) {
      report({ stage: 'Training', done, total: 120, secondsLeft: (120 - done) / 10 })
      wait(100)
    }
    finish()
    expect(written().trimEnd().split('\n')).toEqual([
      'Training: 41 %, 7.0 s left',
      'Training: 83 %, 2.0 s left',
      'Training: done in 12 s',
    ])
  })

  it('keeps notices on lines of their own', () => {
    const { notice, written } = recorder(false)
    notice('Terms of use: see docs/data-terms.md')
    expect(written()).toBe('Terms of use: see docs/data-terms.md\n')
  })
})
