/** @file Lets a child process of a test run our TypeScript as it stands: `node --import ./test/support/typescript.mjs program`. */

import { register } from 'node:module'

register('./typescript-hooks.mjs', import.meta.url)
