import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { download } from './download.js'

test.each([
  ['that never answers', false, 'no answer for 100 ms'],
  ['that falls silent before the first byte', true, 'no data for 100 ms'],
])('a server %s is given up after its time', async (_, answers, message) => {
  const server = createServer((__, response) => {
    if (answers) response.writeHead(200, { 'Content-Length': 10 }).flushHeaders()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`
  const pending = download(url, join(temporaryFolder(), 'file.part'), {
    stage: 'Fetching',
    connectTimeoutMs: answers ? 5_000 : 100,
    stallTimeoutMs: 100,
  })
  await expect(pending).rejects.toMatchObject({ code: 'asset', message: expect.stringContaining(message) })
})
