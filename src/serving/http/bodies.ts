/** @file What may be sent: JSON in UTF-8, no deeper than anybody needs, and a body only where a route takes one. */

import { AdaptRecError } from '../../base/index.js'
import type { App } from './app.js'
import { refuse } from './problems.js'

const DEEPEST = 32

/** Takes JSON alone; refuses what would exhaust a reader that recurses, and bodies that nobody would read. */
export function takeJson(app: App): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (deeperThan(body as string, DEEPEST)) {
      done(
        new AdaptRecError('usage', `The body is nested deeper than ${DEEPEST} levels.`, { hint: 'Send it flatter.' }),
      )
    } else void parse(request, body as string, done)
  })
  app.addHook('preValidation', async (request, reply) => {
    if (request.is404 || request.body === undefined || request.body === null) return
    if (request.routeOptions.schema?.body) return
    const detail = `${request.method} ${request.routeOptions.url} takes no body.`
    return refuse(reply, { status: 400, code: 'invalid', detail, hint: 'Send it without one.' })
  })
}

/** Whether brackets of JSON stand deeper than this, read in one pass. */
function deeperThan(text: string, deepest: number): boolean {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) quoted = !quoted
    else if (quoted)
      i += code === 0x5c ? 1 : 0 // a backslash takes the next one with it
    else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > deepest) return true
    } else if (code === 0x5d || code === 0x7d) depth -= 1
  }
  return false
}
