/**
 * @file Several sessions on one model, each in a thread of its own, so that as many passes are computed at once: the runtime computes in the
 * thread that asks. A pass takes longer with fewer threads inside it, and yet more passes are done in all, for no thread waits for
 * another at each small step. Knows no graph.
 */

import { Worker } from 'node:worker_threads'
import type { Tensor } from './tensor.js'

/** A model that the runtime has opened. */
export interface Session {
  /** The outputs asked for, by name. @throws Error with the runtime's words. */
  run(feeds: Readonly<Record<string, Tensor>>, fetches: readonly string[]): Promise<Record<string, Tensor>>
  release(): Promise<void>
}

/**
 * Opens the model of a file in so many threads; a run takes the first that is free.
 * @param options of each session, as the runtime takes them. @throws Error with the runtime's words where it refuses the model.
 */
export async function openSessionThreads(path: string, options: object, count: number): Promise<Session> {
  const started = await Promise.allSettled(Array.from({ length: count }, () => startThread(path, options)))
  const threads = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const release = async () => {
    await Promise.all(threads.map((thread) => thread.release()))
  }
  const failed = started.find((each) => each.status === 'rejected')
  if (failed) {
    await release()
    throw failed.reason
  }
  const free = [...threads]
  const waiting: ((thread: Session) => void)[] = []
  return {
    async run(feeds, fetches) {
      const thread = free.pop() ?? (await new Promise<Session>((resolve) => waiting.push(resolve)))
      try {
        return await thread.run(feeds, fetches)
      } finally {
        const next = waiting.shift()
        if (next) next(thread)
        else free.push(thread)
      }
    },
    release,
  }
}

/** What a thread says: that it is there, what it computed, or why not. */
type Said = 'ready' | { readonly outputs: Record<string, Tensor> } | { readonly problem: string }

/** Starts a thread with a session. It keeps the process alive only while it is asked something. */
async function startThread(path: string, options: object): Promise<Session> {
  const worker = new Worker(new URL('./session-thread.mjs', import.meta.url), { workerData: { path, options } })
  let end: Error | undefined
  worker.on('error', (error: Error) => {
    end = error // its exit follows
  })
  worker.on('exit', () => {
    end ??= new Error('the thread of the session has ended')
  })
  const answer = () =>
    new Promise<Said>((resolve, reject) => {
      if (end) return reject(end)
      const settle = (act: () => void) => {
        worker.off('message', said).off('exit', left)
        worker.unref()
        act()
      }
      const said = (message: Said) => settle(() => resolve(message))
      const left = () => settle(() => reject(end))
      worker.ref()
      worker.on('message', said).on('exit', left)
    })
  await answer()
  return {
    async run(feeds, fetches) {
      const said = answer()
      worker.postMessage({ feeds: Object.entries(feeds).map(([name, value]) => [name, alone(value)]), fetches })
      const result = (await said) as Exclude<Said, 'ready'>
      if ('problem' in result) throw new Error(result.problem)
      return result.outputs
    },
    async release() {
      if (end) return
      const exit = new Promise((resolve) => worker.once('exit', resolve))
      worker.ref()
      worker.postMessage('release')
      await exit
    },
  }
}

/** A tensor without what else its memory holds, for all of that would be sent along. */
function alone({ dtype, dims, data }: Tensor): Tensor {
  return { dtype, dims, data: data.byteLength < data.buffer.byteLength ? data.slice() : data }
}
