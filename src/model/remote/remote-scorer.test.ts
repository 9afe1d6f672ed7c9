import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Dialect, type OpenAiServer, serveOpenAi } from '../../../test/support/openai-server.js'
import { writeTinyModel } from '../../../test/support/tiny-run.js'
import { loadAdapter } from '../adapter.js'
import { LanguageModel } from '../language-model.js'
import { RemoteModel } from './remote-model.js'
import { RemoteScorer } from './remote-scorer.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-remote-'))
const path = writeTinyModel(join(folder, 'model'))
const reference = await LanguageModel.open(path, { threads: 1 })
afterAll(async () => {
  await reference.dispose()
  rmSync(folder, { recursive: true, force: true })
})
const adapter = loadAdapter(
  fileURLToPath(new URL('../../../test/fixtures/tiny-llama-adapter', import.meta.url)),
  reference.config,
)
const possible = { entries: [' Heat;', ' Fargo;', ' Heat Fargo;'], labels: ['A', 'B', 'C'] }
const asked = (content: string) =>
  [
    { role: 'user', content: 'List what the viewer watched.' },
    { role: 'assistant', content },
  ] as const
const question = (content: string) => ({ messages: asked(content), answers: possible.entries, wholeTurn: false })
const labels = { messages: [{ role: 'user', content: 'Which?' }], answers: ['C', 'A', 'B'], wholeTurn: true } as const

async function opened(dialect: Dialect, options: { adapters?: boolean; notice?: (text: string) => void } = {}) {
  const server = await serveOpenAi(reference, { dialect, ...options })
  onTestFinished(server.close)
  const model = await RemoteModel.open(server.source, { tokenizerPath: path, notice: options.notice })
  await model.offers()
  server.received.splice(0)
  return { server, model, scorer: new RemoteScorer(model, possible) }
}

const promptsTo = ({ received }: OpenAiServer) =>
  received.filter(({ path: to }) => to === '/v1/completions').map(({ body }) => body.prompt as number[])
const beginsWith = (long: readonly number[], short: readonly number[]) => short.every((id, i) => long[i] === id)

describe('what is sent to a server', () => {
  it('is one request of one output token for a question about labels', async () => {
    const { server, scorer } = await opened('ids')
    await scorer.score([labels])
    expect(server.received).toHaveLength(1)
    expect(server.received[0]!.body).toMatchObject({ max_tokens: 1, temperature: 0 })
  })

  it('is first what prompts share, and goes on from it, so that the cache of the server serves', async () => {
    const { server, scorer } = await opened('ids')
    await scorer.score([question('Viewer: Tango;'), question('Viewer: Heat;'), question('Viewer: Tango;')])
    const prompts = promptsTo(server)
    const first = [question('Viewer: Heat;'), question('Viewer: Tango;')].map(({ messages }) =>
      reference.encodeChat(messages, { addGenerationPrompt: true }),
    )
    expect(new Set(prompts.map(String)).size).toBe(prompts.length) // nothing twice
    for (const root of first) expect(prompts.slice(0, 2).filter((prompt) => beginsWith(prompt, root))).toHaveLength(1)
    for (const prompt of prompts.slice(2)) {
      expect(prompts.slice(0, 2).some((begin) => beginsWith(prompt, begin))).toBe(true)
    }
  })

  it('holds the model, token ids and how to answer, and nothing else', async () => {
    const { server, scorer } = await opened('ids')
    await scorer.score([question('Viewer: Heat;')])
    const known = [
      'model',
      'prompt',
      'max_tokens',
      'temperature',
      'logprobs',
      'return_tokens_as_token_ids',
      'logprob_token_ids',
    ]
    for (const { body } of server.received) expect(known).toEqual(expect.arrayContaining(Object.keys(body)))
  })
})

describe('adapters on a server', () => {
  it('are loaded once, from their folder, and again where the server was started anew', async () => {
    const { server, scorer } = await opened('ids')
    const ask = () => scorer.score([question('Viewer: Heat;')], { adapter })
    const loads = () => server.received.filter(({ path: to }) => to === '/v1/load_lora_adapter')
    const [first] = await ask()
    await Promise.all([ask(), ask()])
    expect(loads()).toHaveLength(1)
    expect(loads()[0]!.body).toEqual({
      lora_name: expect.stringMatching(/^adaptrec-[0-9a-f]{16}$/),
      lora_path: adapter.folder,
    })
    server.restart()
    const [again] = await ask()
    expect(again).toEqual(first)
    expect(loads()).toHaveLength(2)
  })

  it('that cannot be loaded are an error that says how, and none are asked for where the address says so', async () => {
    const notices: string[] = []
    const { server, scorer } = await opened('prompt', { adapters: false, notice: (text) => notices.push(text) })
    const ask = scorer.score([question('Viewer: Heat;')], { adapter })
    await expect(ask).rejects.toMatchObject({
      code: 'remote',
      message: expect.stringContaining('cannot load adapters while it runs (404)'),
      hint: expect.stringMatching(/--enable-lora.*--lora-modules adaptrec-.*adapters=none/),
    })
    expect(notices.at(-1)).toContain('--enable-lora')
    const merged = await RemoteModel.open(server.source.replace('#', '?adapters=none#'), { tokenizerPath: path })
    const bare = new RemoteScorer(merged, possible)
    expect(await bare.score([question('Viewer: Heat;')], { adapter })).toEqual(
      await scorer.score([question('Viewer: Heat;')]),
    )
  })
})

describe('what a server offers', () => {
  const asksOf = ({ received }: OpenAiServer) => received.filter(({ path: to }) => to === '/v1/completions')
  const openedBy = async (source: string) => {
    const model = await RemoteModel.open(source, { tokenizerPath: path })
    return { model, offers: await model.offers() }
  }

  it('is asked for no further than the first way of scoring that it takes, since a way that is not needed may harm it', async () => {
    const server = await serveOpenAi(reference, { dialect: 'ids' })
    onTestFinished(server.close)
    await openedBy(server.source)
    expect(asksOf(server).map(({ body }) => Object.keys(body))).toEqual([
      expect.arrayContaining(['logprob_token_ids', 'logit_bias']),
    ])
  })

  it('may be to answer with a token that it can always show, though the likeliest ends within a character', async () => {
    const server = await serveOpenAi(reference, { dialect: 'top' })
    onTestFinished(server.close)
    const { model, offers } = await openedBy(server.source)
    expect(offers.harmless).toBe(reference.encode('Heat')[0])
    server.received.splice(0)
    await new RemoteScorer(model, possible).score([question('Viewer: Heat;')])
    const made = { [String(offers.harmless)]: 100 }
    expect(asksOf(server).length).toBeGreaterThan(0)
    for (const { body } of asksOf(server)) expect(body.logit_bias).toEqual(made)
  })

  it('is to draw among titles, but the whole vocabulary where the address wants that', async () => {
    const server = await serveOpenAi(reference, { dialect: 'drawn' })
    onTestFinished(server.close)
    expect((await openedBy(server.source)).offers.road).toBe('drawn')
    expect((await openedBy(server.source.replace('#', '?over=vocabulary#'))).offers.road).toBe('top')
  })

  it('is not that where the server tells the log-probabilities of what it was made to say', async () => {
    const server = await serveOpenAi(reference, { dialect: 'echo' })
    onTestFinished(server.close)
    const { offers } = await openedBy(server.source.replace('#', '?scoring=top#'))
    expect(offers.road).toBe('top')
    expect(offers.harmless).toBeUndefined()
  })
})

describe('what a server is', () => {
  it('is told once it is known', async () => {
    const notices: string[] = []
    await opened('ids', { notice: (text) => notices.push(text) })
    await opened('echo', { notice: (text) => notices.push(text) })
    expect(notices).toEqual([
      expect.stringMatching(/^Model tiny at http.*: scoring=ids, over=titles\.$/),
      expect.stringMatching(
        /scoring=echo, over=vocabulary; it does not tell how it reads text, so the tokenizer is not checked\.$/,
      ),
    ])
  })

  it('may not offer the way of scoring that is asked for, which names those that it offers', async () => {
    const { server } = await opened('prompt')
    const wanting = await RemoteModel.open(server.source.replace('#', '?scoring=ids#'), { tokenizerPath: path })
    await expect(wanting.offers()).rejects.toMatchObject({
      code: 'remote',
      message: expect.stringContaining('does not offer scoring=ids'),
      hint: expect.stringMatching(/prompt, echo/),
    })
  })
})
