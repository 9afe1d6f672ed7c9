/** @file A server that fails in one way: what a model server can do to its client, on a real socket of this machine. */

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The ways. `refused` is a port that nothing listens on. */
export const faults = [
  'refused',
  'error 500',
  'limit 429',
  'limit for long',
  'slow',
  'cut',
  'garbage',
  'no JSON object',
  'wrong model',
  'no model',
  'no log-probabilities',
  'redirect',
  'endless',
  'wrong key',
] as const
export type Fault = (typeof faults)[number]

/** A server that is asked for `tiny`. */
export interface FaultyServer {
  readonly base: string
  readonly source: string
  /** Requests so far. */
  count(): number
  close(): Promise<void>
}

const models = { object: 'list', data: [{ id: 'tiny' }] }
const replies: Readonly<Record<Exclude<Fault, 'refused'>, (response: ServerResponse, path: string) => void>> = {
  'error 500': (response) => send(response, 500, { error: { message: 'CUDA out of memory' } }),
  'limit 429': (response) => send(response, 429, { error: { message: 'Rate limit reached' } }, { 'retry-after': '1' }),
  'limit for long': (response) => send(response, 429, { error: 'Too many requests' }, { 'retry-after': '3600' }),
  slow: () => {},
  cut: (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"data": [', () => response.destroy())
  },
  garbage: (response) => response.end('<html>\u001b[31mIt works!</html>'),
  'no JSON object': (response) => send(response, 200, [1, 2, 3]),
  'wrong model': (response) => send(response, 200, { object: 'list', data: [{ id: 'Qwen/Qwen3-8B' }] }),
  'no model': (response, path) =>
    path.endsWith('models')
      ? send(response, 200, { object: 'list', data: [] })
      : send(response, 404, { error: 'no such model' }),
  'no log-probabilities': (response, path) =>
    send(
      response,
      path === '/tokenize' ? 404 : 200,
      path.endsWith('models') ? models : { choices: [{ text: 'Heat' }] },
    ),
  redirect: (response) => send(response, 302, {}, { location: 'http://127.0.0.1:9/v1/models' }),
  endless: (response) => {
    response.writeHead(200, { 'content-length': String(10 ** 10) })
    const more = () => response.destroyed || response.write(Buffer.alloc(2 ** 16, 0x20), more)
    more()
  },
  'wrong key': (response) => send(response, 401, { error: { message: 'Incorrect API key provided: KEY-canary-7' } }),
}

/** Starts it on a free port. */
export async function serveFault(fault: Fault): Promise<FaultyServer> {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    request.resume()
    if (fault !== 'refused') replies[fault](response, request.url ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  if (fault === 'refused') await close()
  const timeout = fault === 'slow' ? 3 : 60 // so that a busy machine does not turn one fault into another
  return { base, source: `openai:${base}?timeout=${timeout}#tiny`, count: () => requests, close }
}

function send(response: ServerResponse, status: number, json: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(json))
}
