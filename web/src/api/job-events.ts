/** @file How a job goes on, as server-sent events. Read by `fetch`, for `EventSource` sends no key. */

import { open } from './client.js'
import type { Job } from './types.js'

/** Calls back with each state of a job until it ends or the signal aborts. @throws ApiError, DOMException `AbortError`. */
export async function watchJob(jobId: string, listener: (job: Job) => void, signal: AbortSignal): Promise<void> {
  const response = await open({ method: 'GET', path: `v1/jobs/${encodeURIComponent(jobId)}/events` }, { signal })
  if (!response.body) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  while (true) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + value.replaceAll('\r\n', '\n')).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = dataOf(block)
      if (data !== '') listener(JSON.parse(data))
    }
  }
}

/** The data of one event, its lines joined; empty for a comment, as is sent to keep a connection open. */
function dataOf(block: string): string {
  return block
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n')
}
