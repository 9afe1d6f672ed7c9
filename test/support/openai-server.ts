/**
 * @file A small real server of language models: the OpenAI protocol over a model of this project, with what vLLM, llama-server and servers of plain
 * completions each offer. It keeps what it was sent. Log-probabilities are over the whole vocabulary, as theirs are; a bias of logits changes what
 * is told in plain completions alone. As llama-server does, `top` refuses an answer that ends within a character.
 */

import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Adapter, type LanguageModel, loadAdapter } from '../../src/model/index.js'

/** Whose dialect is spoken: `ids` is vLLM's of today, `prompt` its of before, `echo` plain completions, `drawn` llama-server's, `top` its of before. */
export type Dialect = 'ids' | 'prompt' | 'echo' | 'drawn' | 'top'

/** A request as it came. */
export interface Received {
  readonly path: string
  readonly authorization: string | undefined
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

/** The server. Close it. */
export interface OpenAiServer {
  /** `openai:http://127.0.0.1:PORT/v1#tiny`. */
  readonly source: string
  readonly base: string
  readonly received: Received[]
  /** Forgets the adapters that were loaded, as a start anew does. */
  restart(): void
  close(): Promise<void>
}

interface Options {
  readonly dialect?: Dialect
  /** Asked for as a bearer token. */
  readonly key?: string
  /** Default: a free one. */
  readonly port?: number
  /** Whether adapters can be loaded while it runs. */
  readonly adapters?: boolean
}

type Names = (id: number) => string

/** Serves the model as `tiny` on a free port of this machine. */
export async function serveOpenAi(
  model: LanguageModel,
  { dialect = 'ids', key, port = 0, adapters: loads = true }: Options = {},
): Promise<OpenAiServer> {
  const received: Received[] = []
  const loaded = new Map<string, Adapter>()
  const known = new Map<string, Promise<Float64Array>>()
  const vocabulary = Array.from({ length: model.config.vocabularySize }, (_, id) => [id])

  const next = (prompt: readonly number[], name: string): Promise<Float64Array> => {
    const at = `${name} ${prompt.join()}`
    const answer =
      known.get(at) ??
      model
        .scoreBranches([{ prompt, branches: vocabulary }], { adapter: loaded.get(name) })
        .then(([logProbabilities]) => logProbabilities!)
    known.set(at, answer)
    return answer
  }

  const complete = async (body: Record<string, unknown>): Promise<[status: number, json: unknown]> => {
    const name = String(body.model)
    if (name !== 'tiny' && !loaded.has(name)) return refusal(404, `The model \`${name}\` does not exist.`)
    const prompt = body.prompt as number[]
    if (!Array.isArray(prompt) || prompt.some((id) => !(id >= 0 && id < vocabulary.length))) {
      return refusal(400, 'prompt: expected token ids')
    }
    const isLlama = dialect === 'drawn' || dialect === 'top'
    const isDrawn = dialect === 'drawn' && body.post_sampling_probs === true
    const most = isLlama ? vocabulary.length : 20
    const count = body.logprobs as number | undefined
    if (count !== undefined && count > most) return refusal(400, `logprobs: at most ${most}`)
    const names: Names =
      body.return_tokens_as_token_ids && dialect !== 'echo' ? (id) => `token_id:${id}` : (id) => model.decode([id])
    const written: number[] = []
    const top: Float64Array[] = []
    const bias = body.logit_bias as Readonly<Record<string, number>> | undefined
    while (written.length < Number(body.max_tokens)) {
      const all = await next([...prompt, ...written], name)
      const drawn = biased(all, bias)
      const best = drawn.indexOf(Math.max(...drawn))
      top.push(dialect === 'echo' || isDrawn ? drawn : all)
      written.push(best)
      if (best === model.endOfTurn) break
    }
    const text = model.decode(written.filter((id) => id !== model.endOfTurn))
    if (isLlama && text.includes('\ufffd'))
      return refusal(500, 'The model produced output that does not match the expected format')
    if (count === undefined && body.prompt_logprobs === undefined) return [200, { choices: [{ index: 0, text }] }]
    const wanted = dialect === 'ids' ? (body.logprob_token_ids as number[] | undefined) : undefined
    const listed = (all: Float64Array) => wanted ?? likeliest(all, count ?? 0)
    if (isLlama) return [200, { choices: [{ text, logprobs: contentOf(written, top, listed, model, isDrawn) }] }]
    const isEchoed = body.echo === true
    const before = isEchoed ? await alongPrompt(prompt, (part) => next(part, name)) : []
    const promptLogprobs =
      body.prompt_logprobs === undefined || dialect === 'echo' ? undefined : await placesOf(prompt, name)
    const logprobs = {
      tokens: [...(isEchoed ? prompt : []), ...written].map(names),
      token_logprobs: [...before, ...written.map((id, i) => top[i]![id]!)],
      top_logprobs: [
        ...before.map(() => null),
        ...top.map((all) => Object.fromEntries(listed(all).map((id) => [names(id), all[id]!]))),
      ],
    }
    const choice = { index: 0, text, ...(count === undefined ? {} : { logprobs }) }
    return [200, { choices: [promptLogprobs ? { ...choice, prompt_logprobs: promptLogprobs } : choice] }]
  }

  const placesOf = async (prompt: readonly number[], name: string) =>
    (await alongPrompt(prompt, (part) => next(part, name))).map((logprob, i) =>
      logprob === null
        ? null
        : { [String(prompt[i])]: { logprob, rank: 1, decoded_token: model.decode([prompt[i]!]) } },
    )

  const load = (body: Record<string, unknown>): [status: number, json: unknown] => {
    if (!loads) return refusal(404, 'Not Found')
    loaded.set(String(body.lora_name), loadAdapter(String(body.lora_path), model.config))
    return [200, `Success: LoRA adapter '${body.lora_name}' added successfully.`]
  }

  const answer = async (path: string, body: Record<string, unknown>): Promise<[status: number, json: unknown]> => {
    if (path === '/v1/models') {
      const list = ['tiny', ...loaded.keys()].map((id) => ({ id, object: 'model' }))
      return [
        200,
        { object: 'list', data: dialect === 'echo' ? list : list.map((one) => ({ ...one, max_model_len: 4000 })) },
      ]
    }
    if (path === '/v1/completions') return complete(body)
    if (path === '/v1/load_lora_adapter') return load(body)
    if (path === '/tokenize' && dialect !== 'echo') return [200, { tokens: model.encode(String(body.prompt)) }]
    return refusal(404, 'Not Found')
  }

  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    const text = await readAll(request)
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    received.push({ path, authorization: request.headers.authorization, text, body })
    const [status, json] =
      key !== undefined && request.headers.authorization !== `Bearer ${key}`
        ? refusal(401, `Incorrect API key provided: ${request.headers.authorization}`)
        : await answer(path, body)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof json === 'string' ? json : JSON.stringify(json))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return {
    base,
    source: `openai:${base}#tiny`,
    received,
    restart: () => loaded.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function alongPrompt(prompt: readonly number[], next: (part: readonly number[]) => Promise<Float64Array>) {
  const places: (number | null)[] = [null]
  for (let i = 1; i < prompt.length; i++) places.push((await next(prompt.slice(0, i)))[prompt[i]!]!)
  return places
}

/** What is drawn from, made to sum to 1 again. */
function biased(all: Float64Array, bias: Readonly<Record<string, number>> = {}): Float64Array {
  const sums = all.map((value, id) => value + (bias[String(id)] ?? 0))
  const most = Math.max(...sums)
  const rest = most + Math.log(sums.reduce((sum, value) => sum + Math.exp(value - most), 0))
  return sums.map((value) => value - rest)
}

function likeliest(all: Float64Array, count: number): number[] {
  return [...all.keys()].sort((a, b) => all[b]! - all[a]!).slice(0, count)
}

function contentOf(
  written: readonly number[],
  top: readonly Float64Array[],
  listed: (all: Float64Array) => readonly number[],
  model: LanguageModel,
  isDrawn: boolean,
) {
  const one = (id: number, all: Float64Array) => ({
    id,
    token: model.decode([id]),
    ...(isDrawn ? { prob: Math.fround(Math.exp(all[id]!)) } : { logprob: all[id]! }),
  })
  const content = written.map((id, i) => ({
    ...one(id, top[i]!),
    [isDrawn ? 'top_probs' : 'top_logprobs']: listed(top[i]!)
      .map((each) => one(each, top[i]!))
      .filter((each) => !('prob' in each) || each.prob !== 0),
  }))
  return { content }
}

function refusal(status: number, message: string): [number, unknown] {
  return [status, { error: { message, type: 'invalid_request_error', code: status } }]
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString('utf8')
}
