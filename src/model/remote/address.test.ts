import { describe, expect, it } from 'vitest'
import { isRemoteModel, parseRemoteModel } from './address.js'

describe('the address of a model on a server', () => {
  it('is a URL with the model behind #, and has defaults', () => {
    expect(parseRemoteModel('openai:http://host:8000/v1/#Qwen/Qwen3-0.6B')).toEqual({
      base: 'http://host:8000/v1',
      model: 'Qwen/Qwen3-0.6B',
      adapters: 'load',
      timeoutMs: 30_000,
    })
    expect(isRemoteModel('openai:http://host/v1#m')).toBe(true)
    expect(isRemoteModel('models/openai.gguf')).toBe(false)
  })

  it('may say more', () => {
    const source = 'openai:https://h/v1?tokenizer=/m/qwen&adapters=none&timeout=2.5&scoring=top&over=titles#a%20b%'
    expect(parseRemoteModel(source)).toEqual({
      base: 'https://h/v1',
      model: 'a%20b%',
      tokenizer: '/m/qwen',
      adapters: 'none',
      timeoutMs: 2500,
      scoring: 'top',
      over: 'titles',
    })
  })

  it.each([
    ['smollm2', /begins with openai:/],
    ['openai:host:8000', /no http or https URL/],
    ['openai:ftp://h/v1#m', /no http or https URL/],
    ['openai:http://h/v1', /name of the model is missing/],
    ['openai:http://h/v1?model=m#m', /no parameter "model"; there are tokenizer/],
    ['openai:http://h/v1?timeout=1&timeout=2#m', /stands twice/],
    ['openai:http://h/v1?tokenizer=#m', /is empty/],
    ['openai:http://h/v1?timeout=soon#m', /expected seconds/],
    ['openai:http://h/v1?timeout=0#m', /expected seconds/],
    ['openai:http://h/v1?adapters=some#m', /expected load or none/],
    ['openai:http://h/v1?scoring=magic#m', /expected one of ids, drawn, prompt, echo, top/],
    ['openai:http://h/v1?over=all#m', /expected titles or vocabulary/],
    ['openai:http://h/v1?over=vocabulary&scoring=drawn#m', /scoring=drawn cannot be over the vocabulary/],
    ['openai:http://h/v1?over=titles&scoring=echo#m', /cannot be over titles/],
  ])('is refused as %s', (source, message) => {
    expect(() => parseRemoteModel(source)).toThrowError(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(message), hint: expect.any(String) }),
    )
  })

  it('holds no key, and none is shown', () => {
    for (const source of ['openai:http://u:SECRET@h/v1#m', 'openai:http://SECRET@h/v1?x=1#m']) {
      let message = ''
      try {
        parseRemoteModel(source)
      } catch (error) {
        message = `${error}`
      }
      expect(message).toMatch(/no name and no key/)
      expect(message).not.toContain('SECRET')
    }
  })
})
