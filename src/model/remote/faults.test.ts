import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Fault, serveFault } from '../../../test/support/faulty-server.js'
import { serveOpenAi } from '../../../test/support/openai-server.js'
import { AdaptRecError } from '../../base/index.js'
import { LanguageModel } from '../language-model.js'
import { RemoteModel } from './remote-model.js'
import { RemoteScorer } from './remote-scorer.js'

const KEY = 'KEY-canary-7'
const tokenizerPath = fileURLToPath(new URL('../../../test/fixtures/tiny-llama', import.meta.url))
const possible = { entries: [' Heat;', ' Fargo;'], labels: ['A', 'B'] }
const question = {
  messages: [{ role: 'user', content: 'What comes next?' }],
  answers: [' Heat;', ' Fargo;'],
  wholeTurn: false,
} as const

async function scorerOf(source: string, notice?: (text: string) => void) {
  const model = await RemoteModel.open(source, { tokenizerPath, key: KEY, notice })
  return new RemoteScorer(model, possible)
}

async function failureOf(source: string, signal?: AbortSignal): Promise<{ error: AdaptRecError; ms: number }> {
  const scorer = await scorerOf(source)
  const begin = performance.now()
  const error: unknown = await scorer.score([question], { signal }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(AdaptRecError)
  return { error: error as AdaptRecError, ms: performance.now() - begin }
}

/** What each fault must be told as, and how often the server is asked: once, or three times where the fault may pass; not
 * told where several ways of asking are tried. */
const told: Readonly<Record<Fault, readonly [says: RegExp, next: RegExp, requests?: number]>> = {
  refused: [/nothing listens there.*3 tries/, /Start the server, or correct the address/, 0],
  'error 500': [/answered 500: CUDA out of memory \(3 tries/, /log of the server/, 3],
  'limit 429': [/answered 429: Rate limit reached \(3 tries/, /raise its limit/, 3],
  'limit for long': [/answered 429: Too many requests\.$/, /raise its limit/, 1],
  slow: [/no answer (in|before)/, /\?timeout=SECONDS/, 1],
  cut: [/cut the connection|connection broke/, /Start the server/, 3],
  garbage: [/no list of models: <html>\\u001b\[31mIt works!/, /http:\/\/host:8000\/v1/, 1],
  'no JSON object': [/no list of models/, /http:\/\/host:8000\/v1/, 1],
  'wrong model': [/no model "tiny"; it has Qwen\/Qwen3-8B/, /behind #/, 1],
  'no model': [/POST completions of "tiny": it answered 404: no such model/, /a model that it has behind #/],
  'no log-probabilities': [/hold no log-probabilities/, /vLLM.*llama-server/],
  redirect: [/302, a redirect/, /Give the address/, 1],
  endless: [/longer than 64 MiB/, /what runs at this address/, 1],
  'wrong key': [/answered 401: Incorrect API key provided: …/, /ADAPTREC_MODEL_KEY/, 1],
}

describe('a server that fails', () => {
  for (const [fault, [says, next, requests]] of Object.entries(told)) {
    it(`by ${fault} is told within the deadline: host, what was tried, the next step`, async () => {
      const server = await serveFault(fault as Fault)
      onTestFinished(server.close)
      const { error, ms } = await failureOf(server.source)
      expect(error.code).toBe('remote')
      expect(error.message).toContain(server.base)
      expect(error.message).toMatch(/asked (GET|POST) /)
      expect(error.message).toMatch(says)
      expect(error.hint).toMatch(next)
      if (fault === 'slow') expect(ms).toBeLessThan(15_000)
      if (requests !== undefined) expect(server.count()).toBe(requests)
      expect(inspect(error, { depth: 9 })).not.toContain(KEY)
    }, 90_000)
  }

  it('because it is addressed wrongly says so: another path, no version, a port that is kept, a server without https', async () => {
    const reference = await LanguageModel.open(tokenizerPath, { threads: 1 })
    const server = await serveOpenAi(reference)
    onTestFinished(server.close)
    const host = server.base.replace(/\/v1$/, '')
    const wrongPath = await failureOf(`openai:${server.base}/completions#tiny`)
    expect(wrongPath.error.message).toMatch(/answered 404/)
    expect(wrongPath.error.hint).toMatch(/ends with the version, as in http:\/\/host:8000\/v1/)
    const noVersion = await serveFault('no log-probabilities')
    onTestFinished(noVersion.close)
    const bare = await failureOf(`openai:${noVersion.base.replace(/\/v1$/, '')}#tiny`)
    expect(bare.error.hint).toMatch(/ends with the version.*Serve the model with vLLM/)
    const kept = await failureOf('openai:http://127.0.0.1:9/v1#tiny')
    expect(kept.error.message).toMatch(/no HTTP client asks port 9/)
    const secure = await failureOf(`openai:${host.replace('http:', 'https:')}/v1#tiny`)
    expect(secure.error.hint).toMatch(/https, or http alone/)
    await reference.dispose()
  }, 90_000)

  it('is not waited for longer than the caller does', async () => {
    const server = await serveFault('slow')
    onTestFinished(server.close)
    const { error, ms } = await failureOf(server.source, AbortSignal.timeout(100))
    expect(error.code).toBe('aborted')
    expect(ms).toBeLessThan(2500)
  })

  it('several times in a row is left in peace for a while, told once, and asked again afterwards', async () => {
    const server = await serveFault('error 500')
    onTestFinished(server.close)
    const notices: string[] = []
    const scorer = await scorerOf(server.source, (text) => notices.push(text))
    for (let i = 0; i < 2; i++) await expect(scorer.score([question])).rejects.toMatchObject({ code: 'remote' })
    const asked = server.count()
    expect(asked).toBe(6)
    await expect(scorer.score([question])).rejects.toThrow(/failed 6 times in a row and is not asked/)
    expect(server.count()).toBe(asked)
    expect(notices).toEqual([
      expect.stringMatching(/answered 500: CUDA out of memory .*See the log of the server/),
      expect.stringMatching(/is not asked for 10 s: it answered 500/),
      expect.stringMatching(/failed 6 times in a row/),
    ])
  }, 90_000)
})

describe('a server that recovers', async () => {
  const reference = await LanguageModel.open(tokenizerPath, { threads: 1 })
  it('answers the next question, though it was down when the model was opened', async () => {
    const down = await serveFault('refused')
    const scorer = await scorerOf(down.source)
    await expect(scorer.score([question])).rejects.toMatchObject({ code: 'remote' })
    const server = await serveOpenAi(reference, { key: KEY, port: Number(new URL(down.base).port) })
    onTestFinished(server.close)
    const [scores] = await scorer.score([question])
    expect(scores).toHaveLength(2)
    await reference.dispose()
  }, 60_000)
})
