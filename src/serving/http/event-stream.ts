/**
 * @file Server-sent events. A reader that is slow gets the latest event of a name, not all of them, so that nothing piles up. The stream ends with its
 * source, with its reader or when the server drains.
 */

import { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'

const KEEP_ALIVE_MS = 15_000

/** How a source speaks. */
export interface StreamWriter {
  /** Sends one event, its data as JSON. */
  send(event: string, data: unknown): void
  /** Ends the stream after what was sent. */
  end(): void
}

/**
 * Answers with the events of a source.
 * @param source begins to send and gives what stops it; it may end the stream at once.
 */
export async function eventStream(
  reply: FastifyReply,
  draining: AbortSignal,
  source: (writer: StreamWriter) => Promise<() => void>,
): Promise<FastifyReply> {
  const stream = new PassThrough()
  const waiting = new Map<string, string>()
  let ended = false
  const flush = () => {
    for (const [event, data] of waiting) {
      if (stream.writableNeedDrain || stream.writableEnded) return
      waiting.delete(event)
      stream.write(`event: ${event}\ndata: ${data}\n\n`)
    }
    if (ended && !stream.writableEnded) stream.end()
  }
  stream.on('drain', flush)
  const end = () => {
    ended = true
    flush()
  }
  const stop = await source({
    send: (event, data) => {
      waiting.delete(event)
      waiting.set(event, JSON.stringify(data))
      flush()
    },
    end,
  })
  const beat = setInterval(
    () => stream.writableNeedDrain || stream.writableEnded || stream.write(':\n\n'),
    KEEP_ALIVE_MS,
  )
  draining.addEventListener('abort', end)
  if (draining.aborted) end()
  stream.once('close', () => {
    clearInterval(beat)
    draining.removeEventListener('abort', end)
    stop()
  })
  return reply
    .headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    .send(stream)
}
