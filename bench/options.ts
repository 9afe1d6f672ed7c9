/** @file The options that all benches share, read from the command line. Knows no bench. */

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { AdaptRecError } from '../src/base/index.js'

export interface BenchOptions {
  /** Print JSON only. */
  readonly json: boolean
  /** A folder in which the JSON is kept; undefined keeps none. */
  readonly save: string | undefined
  readonly threads: number
  /** Alternations of ours and the peers after one warm-up of each. */
  readonly repeats: number
  /** Prompt tokens; undefined where the bench is to choose. */
  readonly tokens: number | undefined
  /** Rows to make up; undefined for the usual sizes. */
  readonly interactions: number | undefined
  /** Users of the benches `retrieval` and `retriever`; undefined for its three sizes. */
  readonly users: number | undefined
  readonly objective: 'next-token' | 'listwise'
  /** A GGUF file; undefined for the pinned model. */
  readonly model: string | undefined
  /** The interpreter of the peers; undefined leaves them out only where `--no-peer` says so. */
  readonly python: string | undefined
  readonly peer: boolean
  /** Whether hnswlib is a peer of `retrieval`. */
  readonly hnswlib: boolean
  /** A database in which pgvector is a peer of `retrieval`; undefined leaves it out. */
  readonly postgres: string | undefined
  /** A folder with node-llama-cpp; undefined leaves that peer out. */
  readonly llamaCpp: string | undefined
  /** Real rows on which rankings are compared with ours in float32. */
  readonly rows: number
  /** A trained run, for `recommend`. */
  readonly run: string
  /** The commit that `regression` compares with. */
  readonly against: string
}

/** What was typed: which bench, the files that `table` reads, and the options. */
export interface BenchCommand {
  readonly name: string | undefined
  readonly files: readonly string[]
  readonly options: BenchOptions
}

/** Reads `NAME [files] [options]`. @throws AdaptRecError `usage` for unknown options, numbers that are none, or files where none are read. */
export function readOptions(args: readonly string[]): BenchCommand {
  const { values, positionals } = parse(args)
  const objective = values.objective ?? 'next-token'
  const peer = !(values['no-peer'] ?? false)
  const [name, ...files] = positionals
  if (files.length > 0 && name !== 'table') throw usage(files.join(' '))
  if (objective !== 'next-token' && objective !== 'listwise') throw usage(`--objective ${objective}`)
  return {
    name,
    files,
    options: {
      json: values.json ?? false,
      save: values.save,
      threads: count('--threads', values.threads, availableParallelism()),
      repeats: count('--repeats', values.repeats, 5),
      tokens: values.tokens === undefined ? undefined : count('--tokens', values.tokens, 1),
      interactions: values.interactions === undefined ? undefined : count('--interactions', values.interactions, 1),
      users: values.users === undefined ? undefined : count('--users', values.users, 1),
      objective,
      model: values.model ?? process.env.ADAPTREC_MODEL,
      python: values.python ?? process.env.ADAPTREC_PYTHON,
      peer,
      hnswlib: peer && (values.hnswlib ?? false),
      postgres: peer ? values.postgres : undefined,
      llamaCpp: values['llama-cpp'],
      rows: count('--rows', values.rows, 12),
      run: values.run ?? 'runs/quickstart',
      against: values.against ?? 'HEAD^',
    },
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        save: { type: 'string' },
        threads: { type: 'string' },
        repeats: { type: 'string' },
        tokens: { type: 'string' },
        interactions: { type: 'string' },
        users: { type: 'string' },
        objective: { type: 'string' },
        model: { type: 'string' },
        python: { type: 'string' },
        'no-peer': { type: 'boolean' },
        hnswlib: { type: 'boolean' },
        postgres: { type: 'string' },
        'llama-cpp': { type: 'string' },
        rows: { type: 'string' },
        run: { type: 'string' },
        against: { type: 'string' },
      },
    })
  } catch (cause) {
    throw usage((cause as Error).message, cause)
  }
}

function count(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw usage(`${name} ${text}`)
}

function usage(what: string, cause?: unknown): AdaptRecError {
  return new AdaptRecError('usage', `Cannot use ${what}.`, { hint: 'Run npm run bench to see the options.', cause })
}
