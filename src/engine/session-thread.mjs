/**
 * @file A session of the runtime in a thread of its own, as `session-threads.ts` starts it: answers one message after the other. JavaScript, as a
 * thread is started from a file that Node reads as it is, also where tests run the sources.
 */

import { parentPort, workerData } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'

const { path, options } = workerData
const session = await ort.InferenceSession.create(path, options)

parentPort.on('message', async (message) => {
  if (message === 'release') {
    await session.release()
    parentPort.close()
    return
  }
  try {
    const feeds = message.feeds.map(([name, { dtype, data, dims }]) => [name, new ort.Tensor(dtype, data, dims)])
    const results = await session.run(Object.fromEntries(feeds), message.fetches)
    const outputs = Object.entries(results).map(([name, { type, data, dims }]) => [name, { dtype: type, data, dims }])
    parentPort.postMessage({ outputs: Object.fromEntries(outputs) })
  } catch (error) {
    parentPort.postMessage({ problem: String(error?.message ?? error) })
  }
})
parentPort.postMessage('ready')
