import { describe, expect, it } from 'vitest'
import { SharedWork } from './shared-work.js'

/** Work of which each piece ends when it is told to. */
function counted() {
  const begun: { signal: AbortSignal; end: (result: string) => void; fail: (error: unknown) => void }[] = []
  const begin = (signal: AbortSignal) =>
    new Promise<string>((end, fail) => {
      begun.push({ signal, end, fail })
    })
  return { begun, begin }
}

describe('work that several ask for', () => {
  it('is done once for those who ask at the same time, and anew for who asks later', async () => {
    const shared = new SharedWork<string>()
    const { begun, begin } = counted()
    const two = [shared.join('a', undefined, begin), shared.join('a', undefined, begin)]
    const other = shared.join('b', undefined, begin)
    expect([begun.length, shared.size, shared.has('a'), shared.has('c')]).toEqual([2, 2, true, false])
    begun[0]!.end('one')
    begun[1]!.end('other')
    expect(await Promise.all([...two, other])).toEqual(['one', 'one', 'other'])
    expect(shared.size).toBe(0)
    const later = shared.join('a', undefined, begin)
    begun[2]!.end('later')
    expect(await later).toBe('later')
  })

  it('goes on while anybody waits, and is stopped when the last has gone', async () => {
    const shared = new SharedWork<string>()
    const { begun, begin } = counted()
    const [first, second] = [new AbortController(), new AbortController()]
    const waiting = [first, second].map(({ signal }) => shared.join('a', signal, begin))
    first.abort()
    await expect(waiting[0]).rejects.toMatchObject({ code: 'aborted' })
    expect(begun[0]!.signal.aborted).toBe(false)
    second.abort()
    await expect(waiting[1]).rejects.toMatchObject({ code: 'aborted' })
    expect(begun[0]!.signal.aborted).toBe(true)
    const anew = shared.join('a', undefined, begin)
    begun[0]!.fail(new Error('stopped'))
    begun[1]!.end('anew')
    expect(await anew).toBe('anew')
  })

  it('fails for all who wait', async () => {
    const shared = new SharedWork<string>()
    const { begun, begin } = counted()
    const two = [shared.join('a', undefined, begin), shared.join('a', new AbortController().signal, begin)]
    begun[0]!.fail(new Error('no'))
    for (const one of two) await expect(one).rejects.toThrow('no')
    expect(shared.size).toBe(0)
    await expect(shared.join('a', AbortSignal.abort(), begin)).rejects.toMatchObject({ code: 'aborted' })
    expect(begun).toHaveLength(1)
  })
})
