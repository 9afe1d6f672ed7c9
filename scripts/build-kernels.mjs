/**
 * @file Compiles the kernels, `npm run kernels`: each kernel of kernels/, in AssemblyScript, to WebAssembly, written as text into the
 * module beside what runs it. The result is committed, so what is built, tested and published needs no compiler; with `--check`
 * nothing is written, and the exit code is 1 where a result differs.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const modules = {
  'kernels/common-items.ts': 'src/retrieval/common-items-module.ts',
  'kernels/user-sieve.ts': 'src/retrieval/search/user-sieve-module.ts',
  'kernels/weight-codes.ts': 'src/engine/ops/weight-codes-module.ts',
}
const root = fileURLToPath(new URL('..', import.meta.url))
const options = '--enable simd --runtime stub --importMemory --use abort= -O3 --noAssert --outFile module.wasm'

for (const [source, target] of Object.entries(modules)) {
  const text = `/** @file Made by \`npm run kernels\` from ${source}: do not edit. */

/** The compiled kernels, in base64. */
export const KERNEL_MODULE =
  '${(await compiled(source)).toString('base64')}'
`
  if (!process.argv.includes('--check')) writeFileSync(root + target, text)
  else if (readFileSync(root + target, 'utf8') !== text) {
    process.stderr.write(`${target} is not what ${source} compiles to: npm run kernels\n`)
    process.exitCode = 1
  }
}

async function compiled(source) {
  const written = new Map()
  const { error, stderr } = await asc.main([source, ...options.split(' ')], {
    baseDir: root,
    writeFile: (name, content) => written.set(name, content),
  })
  if (error) throw new Error(`${source} does not compile.\n${stderr}`)
  return Buffer.from(written.get('module.wasm'))
}
