/** @file Routes that a package adds by itself, under a scope. */

import type { Scope } from '../../store/index.js'
import type { App } from './app.js'

/** Runs `add` in a context whose routes all ask for a scope. */
export async function scoped(app: App, scope: Scope, add: (inner: App) => Promise<void>): Promise<void> {
  await app.register(async (inner) => {
    inner.addHook('onRoute', (route) => {
      route.config = { ...route.config, scope }
    })
    await add(inner as unknown as App)
  })
}
