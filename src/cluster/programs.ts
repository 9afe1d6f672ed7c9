/** @file The programs that do work elsewhere. */

import { fileURLToPath } from 'node:url'

/** Where they lie. */
export const clusterFolder = fileURLToPath(new URL('../../cluster', import.meta.url))
