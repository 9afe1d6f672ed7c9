/**
 * @file Settings of a run from a YAML file, from flags and from `--set path=value`, later ones winning, checked by one schema. It knows
 * which flags stand for which setting; what a setting means and its default are the experiment's.
 */

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { z } from 'zod'
import { AdaptRecError, messageOf, parseWith } from '../base/index.js'
import type { Options } from './command.js'

/** The settings that have a flag of their own: flag, path in the settings, description. */
const flags = [
  ['--data <source>', 'data.source', 'data set: an asset (ml-100k) or the path of a folder or file'],
  ['--model <source>', 'model', 'language model: an asset or the path of a GGUF file or a model folder'],
  ['--protocol <name>', 'protocol', 'leave-one-out, full, llara or all-prefixes'],
  ['--strategies <names>', 'strategies', 'comma-separated: user-agnostic, single-user, multi-user, adaptive'],
  ['--objective <name>', 'objective', 'listwise or next-token'],
  ['--shots <n>', 'shots', 'training rows of the LLM for a few-shot run, or full'],
  ['--known-users <n>', 'knownUsers', 'few-shot for every method: so many users are known, or full'],
  ['--test-rows <n>', 'testRows', 'evaluate on so many rows, drawn by the seed, or all'],
  ['--seed <n>', 'seed', 'seed of everything that is drawn'],
  ['--threads <n>', 'threads', 'threads of the compute runtime'],
  ['--skip-bad-rows', 'data.skipBadRows', 'count broken rows instead of stopping at the first'],
] as const

/** Adds `--config`, `--set` and a flag for each common setting to a command. */
export function addSettingsOptions(command: Command): Command {
  for (const [flag, path, description] of flags) command.option(flag, `${description} (${path})`)
  return command
    .option('--config <file>', 'settings as YAML; flags win over it')
    .option('--set <path=value...>', 'any setting by its path: --set lora.rank=8')
}

/**
 * The settings that the options of a command make: `--config` first, then flags, then `--set`.
 * @throws AdaptRecError `usage` for an unreadable file, broken YAML, or a value that the schema refuses.
 */
export async function readSettings<S extends z.ZodType>(schema: S, options: Options): Promise<z.output<S>> {
  const { parse } = await import('yaml')
  const file = options.config as string | undefined
  const settings = file === undefined ? {} : asObject(parseYaml(parse, readText(file), file), file)
  for (const [flag, path] of flags) {
    const value = options[optionName(flag)]
    if (value === undefined) continue
    const name = flag.split(' ', 1)[0]!
    if (path === 'strategies')
      place(
        settings,
        path,
        String(value)
          .split(',')
          .map((part) => part.trim()),
        name,
      )
    else place(settings, path, typeof value === 'string' ? parseYaml(parse, value, name) : value, name)
  }
  for (const entry of (options.set as readonly string[] | undefined) ?? []) {
    const [path, value] = splitOnce(entry)
    place(settings, path, parseYaml(parse, value, `--set ${path}`), '--set')
  }
  return parseWith(schema, settings, file ?? 'settings')
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new AdaptRecError('usage', `Cannot read the settings file ${path}: ${messageOf(error)}`, {
      hint: 'Give the path of a YAML file to --config.',
      cause: error,
    })
  }
}

function parseYaml(parse: (text: string) => unknown, text: string, where: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw new AdaptRecError('usage', `${where} is not valid YAML: ${messageOf(error)}`, {
      hint: `Correct ${where} and run the same command again.`,
      cause: error,
    })
  }
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (value === null || value === undefined) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new AdaptRecError('usage', `${where} must hold named settings, got ${JSON.stringify(value)?.slice(0, 60)}.`, {
    hint: 'Write one `name: value` a line.',
  })
}

/** Puts a value at a dotted path, making the objects above it. Prototype names are refused like any unknown setting. */
function place(settings: Record<string, unknown>, path: string, value: unknown, where: string): void {
  const keys = path.split('.')
  const last = keys.pop()!
  let part = settings
  for (const key of keys) {
    if (!Object.hasOwn(part, key)) Object.defineProperty(part, key, { value: {}, enumerable: true, writable: true })
    part = asObject(part[key], `${where}: ${key}`)
  }
  Object.defineProperty(part, last, { value, enumerable: true, configurable: true, writable: true })
}

function splitOnce(entry: string): [string, string] {
  const at = entry.indexOf('=')
  if (at > 0) return [entry.slice(0, at), entry.slice(at + 1)]
  throw new AdaptRecError('usage', `--set needs path=value, got "${entry}".`, {
    hint: 'For example: --set training.learningRate=1e-4',
  })
}

/** `--test-rows <n>` is `testRows`, as commander has it. */
function optionName(flag: string): string {
  return flag
    .replace(/^--/, '')
    .split(' ', 1)[0]!
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
