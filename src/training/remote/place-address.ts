/**
 * @file Where to train, from text: `python:/path/to/python` or `ray:http://host:8265`, with what is asked of the place behind a question mark.
 * Knows no command line.
 */

import { z } from 'zod'
import { AdaptRecError, parseWith } from '../../base/index.js'
import { openRayCluster } from '../../cluster/index.js'
import type { TrainingPlace } from './place.js'
import { pythonPlace } from './python-place.js'
import { rayPlace, trainingAskedSchema } from './ray-place.js'

const pythonAskedSchema = z.strictObject({ model: z.string().min(1).exactOptional() })

/** The place of an address. @throws AdaptRecError `usage` for an address that is none, or for what no place of its kind can be asked. */
export function openPlace(address: string): TrainingPlace {
  const [, python, query] = /^python:([^?]+)(?:[?](.*))?$/.exec(address) ?? []
  if (python !== undefined) {
    const asked = Object.fromEntries(new URLSearchParams(query ?? ''))
    return pythonPlace(python, parseWith(pythonAskedSchema, asked, address).model)
  }
  const ray = openRayCluster(address, trainingAskedSchema)
  if (ray) return rayPlace(ray.cluster, ray.asked)
  throw new AdaptRecError('usage', `--on: "${address}" names no place to train at.`, {
    hint: 'Give ray:http://host:8265, the dashboard of a Ray cluster, or python:/path/to/python with PyTorch and PEFT.',
  })
}
