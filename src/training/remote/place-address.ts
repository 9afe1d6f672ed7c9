/**
 * @file Where to train, from text: `python:/path/to/python` or `ray:http://host:8265`, with what is asked of the place behind a question mark.
 * Knows no command line.
 */

import { z } from 'zod'
import { AdaptRecError, parseWith } from '../../base/index.js'
import type { TrainingPlace } from './place.js'
import { pythonPlace } from './python-place.js'
import { rayAskedSchema, rayPlace, usualPatience } from './ray-place.js'

const pythonAskedSchema = z.strictObject({ model: z.string().min(1).exactOptional() })

/** The place of an address. @throws AdaptRecError `usage` for an address that is none, or for what no place of its kind can be asked. */
export function openPlace(address: string): TrainingPlace {
  const [, kind, where, query] = /^(python|ray):([^?]+)(?:[?](.*))?$/.exec(address) ?? []
  if (kind === undefined || where === undefined) throw wrong(address)
  const asked = Object.fromEntries(new URLSearchParams(query ?? ''))
  if (kind === 'python') return pythonPlace(where, parseWith(pythonAskedSchema, asked, address).model)
  const url = URL.canParse(where) ? new URL(where) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') throw wrong(address)
  return rayPlace(url.href, parseWith(rayAskedSchema, asked, address), {
    ...usualPatience,
    token: process.env.RAY_AUTH_TOKEN,
  })
}

function wrong(address: string): AdaptRecError {
  return new AdaptRecError('usage', `--on: "${address}" names no place to train at.`, {
    hint: 'Give ray:http://host:8265, the dashboard of a Ray cluster, or python:/path/to/python with PyTorch and PEFT.',
  })
}
