import { describe, expect, it } from 'vitest'
import { parseColumns } from './options.js'

const keys = { required: ['user', 'item'], optional: ['time'] }

describe('a list of columns', () => {
  it('names each column once, and a column may have `=` in its name', () => {
    expect(parseColumns('user=who, item = a=b', '--columns', keys)).toEqual({ user: 'who', item: 'a=b' })
  })

  it.each([
    ['user=a,item=b,timestamp=c', 'there is no "timestamp"; expected user, item, time.'],
    ['user=a,item=b,__proto__=c', 'there is no "__proto__"'],
    ['user=a,item=b,user=c', '"user" stands twice'],
    ['user=a', 'item is missing'],
    ['user=a,item', 'got "item", expected name=column'],
    ['user=a,=b', 'expected name=column'],
    ['', 'expected name=column'],
  ])('%s is refused with the names that there are', (text, message) => {
    expect(() => parseColumns(text, '--columns', keys)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringContaining(message),
        hint: expect.stringContaining('Names: user, item, time.'),
      }),
    )
  })
})
