/** @file What this package is called and which version it is, from the package.json beside the compiled and the plain sources alike. */

import { readFileSync } from 'node:fs'

/** The name and version of this package. O(its package.json) per call. */
export function ownPackage(): { readonly name: string; readonly version: string } {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
}
