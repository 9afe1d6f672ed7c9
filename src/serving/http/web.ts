/** @file The browser interface at `/`: the files of its build, or a page that says how to build it. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { App } from './app.js'
import { scoped } from './scoped.js'

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>adaptrec</title>
<h1>adaptrec is running</h1>
<p>The browser interface is not built here. Build it with <code>npm run build</code>, then start <code>adaptrec serve</code> again.</p>
<p><a href="docs">Every route</a> · <a href="openapi.json">OpenAPI document</a> · <a href="health/ready">Readiness</a></p>
</html>
`

/** Serves a folder at `/`. */
export async function addWeb(app: App, folder: string): Promise<void> {
  await scoped(app, 'read', async (inner) => {
    if (existsSync(join(folder, 'index.html'))) {
      await inner.register(fastifyStatic, { root: folder, wildcard: false, maxAge: '1h', immutable: false })
    } else {
      inner.get('/', { schema: { hide: true } }, async (_, reply) =>
        reply.type('text/html; charset=utf-8').send(notBuilt),
      )
    }
  })
}
