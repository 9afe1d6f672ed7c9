/**
 * @file Compiles the kernels, `npm run kernels`: kernels/user-sieve.ts, in AssemblyScript, to WebAssembly, written as text into
 * src/retrieval/kernel-module.ts. The result is committed, so what is built, tested and published needs no compiler; with `--check`
 * nothing is written, and the exit code is 1 where the result differs.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
const path = `${root}src/retrieval/kernel-module.ts`
const options = '--enable simd --runtime stub --importMemory --use abort= -O3 --noAssert --outFile module.wasm'

const written = new Map()
const { error, stderr } = await asc.main(['kernels/user-sieve.ts', ...options.split(' ')], {
  baseDir: root,
  writeFile: (name, content) => written.set(name, content),
})
if (error) throw new Error(`The kernels do not compile.\n${stderr}`)

const text = `/** @file Made by \`npm run kernels\` from kernels/user-sieve.ts: do not edit. */

/** The compiled kernels, in base64. */
export const kernelModule =
  '${Buffer.from(written.get('module.wasm')).toString('base64')}'
`
if (!process.argv.includes('--check')) writeFileSync(path, text)
else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write('src/retrieval/kernel-module.ts is not what kernels/ compiles to: npm run kernels\n')
  process.exitCode = 1
}
