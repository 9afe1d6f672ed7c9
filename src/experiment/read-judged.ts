/** @file Reading back what judging left in a run folder: result.json and rows.json. */

import { existsSync, readFileSync } from 'node:fs'
import { AdaptRecError, messageOf } from '../base/index.js'
import { type EvaluationResult, type JudgedRows, parseJudgedRows, parseResult } from '../evaluation/index.js'
import { filesOf } from './run-folder.js'

/** Reads the judged rows of a run folder. @throws AdaptRecError `state` where it was not judged, `data` for a file that is damaged. */
export function readJudgedRows(folder: string): JudgedRows {
  const { rows } = filesOf({ path: folder })
  return parseJudgedRows(readFile(folder, rows), rows)
}

/** Reads the result of a run folder. @throws AdaptRecError `state` where it was not judged, `data` for a file that is damaged. */
export function readResult(folder: string): EvaluationResult {
  const { result } = filesOf({ path: folder })
  return parseResult(readFile(folder, result), result)
}

function readFile(folder: string, file: string): unknown {
  if (!existsSync(file)) {
    throw new AdaptRecError('state', `${folder} was not judged: there is no ${file}.`, {
      hint: `Judge it: adaptrec evaluate --run ${folder}`,
    })
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new AdaptRecError('data', `Cannot read ${file}: ${messageOf(error)}`, {
      hint: `Judge the run again: adaptrec evaluate --run ${folder}`,
      cause: error,
    })
  }
}
