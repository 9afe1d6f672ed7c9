/**
 * @file A process of its own that copies a store while others read and write, and reads the copy through: `node backup-process.mjs FROM TO`.
 * What it takes long over keeps nobody waiting, and it can be ended at any time. JavaScript, so that it runs from the sources too.
 */

import Libsql from 'libsql'

const [from, to] = process.argv.slice(2)
try {
  const source = new Libsql(from, { timeout: 60_000 })
  source.prepare('VACUUM INTO ?').run([to])
  source.close()
  const copy = new Libsql(to)
  const [found] = copy.prepare('PRAGMA integrity_check(1)').raw().all([])
  copy.close()
  if (found[0] !== 'ok') throw new Error(`the copy is damaged: ${found[0]}`)
} catch (error) {
  process.stderr.write(JSON.stringify({ code: error.code ?? error.libsqlError?.code, message: error.message }))
  process.exitCode = 1
}
