/** @file A Python beside us as the place of a training: `cluster/train.py` in a process of its own, on this machine's CPU or GPUs. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { AdaptRecError, messageOf, throwIfAborted } from '../../base/index.js'
import { clusterFolder, failureIn, type SaidFailure, saidIn } from '../../cluster/index.js'
import { eventOf, type PlacedJob, type RemoteEvent, type TrainingPlace } from './place.js'

/** Ends well where the packages are there; importing them would take seconds. */
const LOOK =
  'import importlib.util as u, sys; lacks = [n for n in ("torch", "transformers", "peft") if not u.find_spec(n)]; ' +
  'sys.exit(lacks and "it has no " + ", no ".join(lacks) or 0)'

/** Lines of what it said last, for an error. */
const TAIL = 12

/** A Python, by the path of its program. Stopped, it saves first. */
export function pythonPlace(python: string, model: string | undefined): TrainingPlace {
  const name = `python:${python}`
  return {
    name,
    model,
    async check(signal) {
      const { code, tail } = await follow(spawn(python, ['-c', LOOK]), () => {}, signal)
      throwIfAborted(signal)
      if (code === 0) return
      throw new AdaptRecError('usage', `${python} cannot train: ${tail.at(-1) ?? `it ended with ${code}`}.`, {
        hint: `Install what it needs: ${python} -m pip install -r ${clusterFolder}/requirements.txt`,
      })
    },
    async run({ folder }: PlacedJob, hear: (event: RemoteEvent) => void, { signal }) {
      let failure: SaidFailure | undefined
      const told = (line: string) => {
        const said = saidIn(line)
        failure = failureIn(said) ?? failure
        const event = eventOf(said)
        if (event) hear(event)
      }
      const child = spawn(python, [`${clusterFolder}/train.py`, folder, ...(model ? ['--model', model] : [])])
      const { code, tail } = await follow(child, told, signal)
      if (signal?.aborted) {
        throw new AdaptRecError(
          'aborted',
          `Training in ${python} was stopped; what it did is saved in ${folder}/out.`,
          {
            hint: 'Run the same command again to go on from there.',
            cause: signal.reason,
          },
        )
      }
      if (failure) throw new AdaptRecError('engine', failure.message, { hint: failure.hint })
      if (code === 0) return
      throw new AdaptRecError('engine', `${python} ended with ${code}: ${tail.join('\n')}`, {
        hint: 'Run the same command again: it goes on from the last checkpoint.',
      })
    },
  }
}

/** The end of a process: its code or signal, and the last lines it said; asked to stop when the signal fires. */
function follow(
  child: ChildProcess,
  told: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<{ code: number | string; tail: string[] }> {
  const tail: string[] = []
  const stop = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      told(line)
      if (saidIn(line) === undefined && line.trim() !== '') tail.push(line)
      if (tail.length > TAIL) tail.shift()
    })
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: messageOf(error), tail: [messageOf(error)] }))
    child.once('close', (code, by) => {
      signal?.removeEventListener('abort', stop)
      resolve({ code: code ?? by ?? 'no code', tail })
    })
  })
}
