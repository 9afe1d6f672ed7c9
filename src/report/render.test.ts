import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const face = pathToFileURL(resolve(import.meta.dirname, 'index.ts')).href
/** A process that cannot load what draws, told what it printed: the table's import, then what the page's drawing failed with. */
const program = `
import { register } from 'node:module'
register('data:text/javascript,' + encodeURIComponent(\`export function resolve(name, context, next) {
  if (/^(@observablehq|linkedom)/.test(name)) throw new Error('loads ' + name)
  return next(name, context)
}\`))
const { formatTable, renderReport } = await import(${JSON.stringify(face)})
console.log(typeof formatTable)
await renderReport({}).catch((error) => console.log(error.message))
`

it('the terminal table loads nothing of what draws the page; the page does', () => {
  const hooks = resolve(root, 'test/support/typescript.mjs')
  const child = spawnSync(process.execPath, ['--import', hooks, '--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(child.stderr).toBe('')
  expect(child.stdout).toMatch(/^function\nloads (@observablehq\/plot|linkedom)/)
})
