import { expect, test } from 'vitest'
import { readOptions } from './options.js'

test('a bench is named first, and everything has a default', () => {
  const { name, options } = readOptions(['regression'])
  expect(name).toBe('regression')
  expect(options).toMatchObject({ against: 'HEAD^', repeats: 5, objective: 'next-token', peer: true, json: false })
  expect(options.llamaCpp).toBeUndefined()
})

test('options are read', () => {
  const args = ['scoring', '--llama-cpp', '.llama', '--no-peer', '--repeats', '2', '--threads', '1', '--json']
  expect(readOptions(args).options).toMatchObject({
    llamaCpp: '.llama',
    peer: false,
    repeats: 2,
    threads: 1,
    json: true,
  })
  expect(readOptions(['regression', '--against', '1bc821e']).options.against).toBe('1bc821e')
})

test('the table takes files, and any bench a folder to save its report in', () => {
  expect(readOptions(['table', 'reports', 'a.json']).files).toEqual(['reports', 'a.json'])
  expect(readOptions(['memory', '--save', 'reports']).options.save).toBe('reports')
})

test('without the Python peers none of them is asked for', () => {
  const asked = ['retrieval', '--hnswlib', '--postgres', 'postgres://localhost/x']
  expect(readOptions(asked).options).toMatchObject({ hnswlib: true, postgres: 'postgres://localhost/x' })
  const { hnswlib, postgres } = readOptions([...asked, '--no-peer']).options
  expect([hnswlib, postgres]).toEqual([false, undefined])
})

test('what is no option or no number is refused', () => {
  expect(() => readOptions(['scoring', 'reports'])).toThrowError(expect.objectContaining({ code: 'usage' }))
  for (const args of [['--speed'], ['--repeats', '0'], ['--threads', 'all'], ['--objective', 'fast']])
    expect(() => readOptions(['scoring', ...args])).toThrowError(expect.objectContaining({ code: 'usage' }))
})
