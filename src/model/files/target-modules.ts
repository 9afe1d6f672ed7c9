/**
 * @file Which modules of a model PEFT's `target_modules` means: a list of names or their ends, a regular expression for the whole name, or
 * "all-linear". Refuses to know tensors. Source: PEFT, tuners_utils (`check_target_module_exists`).
 * Deviation: of regular expressions, those are taken that mean the same in Python and here.
 */

import { runInNewContext } from 'node:vm'
import { formatError, shown } from '../../formats/index.js'

/** `target_modules` as it is written. */
export type Targets = string | readonly string[]

/** Far more than a sound expression takes; one that goes back and forth for ever is ended by it. */
const MATCH_MS = 1000
const SAME_IN_PYTHON = /^(?:[\w.|()[\]*+?^$,-]|\(\?(?:[:=!])|\{\d+(?:,\d*)?\}|\\[.dw])*$/
const HINT = 'Write "target_modules" as a list of what the adapter holds, like ["q_proj", "v_proj"].'

/** `target_modules` of an adapter_config.json. @throws AdaptRecError `format` for anything but names, a plain expression or "all-linear". */
export function readTargets(path: string, value: unknown): Targets {
  if (Array.isArray(value) && value.length > 0) {
    const names = [...new Set<unknown>(value)]
    if (names.every((each): each is string => typeof each === 'string' && /^\w+(\.\w+)*$/.test(each)))
      return names.sort()
  } else if (typeof value === 'string' && value !== '') {
    if (isAllLinear(value)) return 'all-linear'
    if (SAME_IN_PYTHON.test(value) && isExpression(value)) return value
    throw formatError(path, `"target_modules" is the expression ${shown(value)}, which is not read here.`, HINT)
  }
  throw formatError(path, `"target_modules" is ${shown(value)}; expected module names, or an expression.`, HINT)
}

/** Whether every target is the last part of names alone, as `q_proj`: then layers are all or those that are listed. */
export function arePlain(targets: Targets): targets is readonly string[] {
  return typeof targets !== 'string' && targets.every((each) => !each.includes('.'))
}

/** Those of the modules, `model.layers.0.self_attn.q_proj` ..., that are targets. @throws AdaptRecError `format` for an expression without end. */
export function selectModules(path: string, targets: Targets, modules: readonly string[]): string[] {
  if (targets === 'all-linear') return [...modules]
  if (typeof targets !== 'string')
    return modules.filter((module) => targets.some((each) => module === each || module.endsWith(`.${each}`)))
  try {
    const matched = runInNewContext(
      'JSON.stringify(modules.filter((module) => new RegExp(expression).test(module)))',
      { modules, expression: `^(?:${targets})$` },
      { timeout: MATCH_MS },
    )
    return JSON.parse(matched)
  } catch (error) {
    throw formatError(path, `"target_modules" ${shown(targets)} cannot be matched in time.`, HINT, error)
  }
}

function isAllLinear(text: string): boolean {
  return text.toLowerCase() === 'all-linear'
}

function isExpression(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}
