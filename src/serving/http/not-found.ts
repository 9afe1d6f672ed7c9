/** @file Addresses that are none: 404, or 405 with `Allow` where the address takes other methods. */

import type { App } from './app.js'
import { refuse } from './problems.js'

/** Answers what no route takes; call it before routes are added. */
export function answerUnknown(app: App): void {
  const methodsOf = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set()
    for (const one of [method].flat()) methods.add(one)
    methodsOf.set(url, methods)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!
    const allowed = [...methodsOf].find(([pattern]) => matches(pattern, path))?.[1]
    if (!allowed) {
      const detail = `Nothing answers ${request.method} at this address.`
      return refuse(reply, { status: 404, code: 'not-found', detail, hint: '/docs shows every route.' })
    }
    const allow = [...allowed].sort().join(', ')
    const detail = `${request.method} is not taken here.`
    return refuse(reply, {
      status: 405,
      code: 'method-not-allowed',
      detail,
      hint: `Use one of ${allow}.`,
      headers: { allow },
    })
  })
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith(':') || part === given[i])
}
