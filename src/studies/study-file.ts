/**
 * @file A study as a file: a grid of data sets, modes, variants and seeds in JSON, with settings as patches over each other. It knows the names in
 * the grid; what a setting means is the experiment's, which checks each cell before the first one runs.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { AdaptRecError, messageOf, parseWith } from '../base/index.js'
import { BEST_BASELINE, type StudyQuestion } from '../evaluation/index.js'

const name = z.string().regex(/^[\w.-]+( [\w.-]+)*$/, 'expected letters, digits, dots, hyphens and single blanks')
const patch = z.record(z.string(), z.unknown())

/** What is asked of every table where a study file says nothing: differences of methods that a run of `adaptive` has. */
const usualQuestions: readonly StudyQuestion[] = [
  { name: 'adaptrec - best baseline', method: 'adaptive', against: [BEST_BASELINE] },
  { name: 'adaptrec - evidence refitted', method: 'adaptive', against: ['evidence refitted', 'collective evidence'] },
  { name: 'adaptrec - evidence with text', method: 'adaptive', against: ['evidence with text'] },
  { name: 'adaptrec - no users', method: 'adaptive', against: ['user-agnostic'] },
  { name: 'adaptrec - phase 1 only', method: 'adaptive', against: ['multi-user'] },
  { name: 'own - strangers', method: 'adaptive, LLM alone', against: ['adaptive, LLM alone, strangers shown'] },
  { name: 'selected - first K', method: 'adaptive, LLM alone', against: ['multi-user, LLM alone'] },
  { name: 'selected - random K', method: 'adaptive, LLM alone', against: ['adaptive, LLM alone, random users'] },
  { name: 'own - nobody', method: 'adaptive, LLM alone', against: ['user-agnostic'] },
  {
    name: "own - another's history",
    method: 'adaptive, LLM alone',
    against: ['adaptive, LLM alone, another’s history'],
  },
]

const studySchema = z
  .strictObject({
    about: z.string().min(1).describe('one line for the list of studies'),
    common: patch.default({}).describe('settings of every cell'),
    datasets: z
      .array(
        z.strictObject({
          name,
          label: z.string().min(1).describe('stands in tables: MovieLens'),
          source: z.string().min(1).describe('an asset, or a path as seen from the working folder'),
          from: z.string().min(1).describe('where to get it, for a person'),
          settings: patch.default({}),
        }),
      )
      .min(1),
    modes: z
      .array(
        z.strictObject({
          name,
          examples: z
            .int()
            .min(1)
            .optional()
            .describe('training users or rows, of a few-shot mode: a point of the curve'),
          settings: patch.default({}),
        }),
      )
      .min(1)
      .default([{ name: 'full', settings: {} }]),
    variants: z
      .array(
        z.strictObject({
          name,
          about: z.string().min(1),
          settings: patch,
          datasets: z.array(z.string()).optional().describe('all without it'),
          modes: z.array(z.string()).optional().describe('the first without it'),
          seeds: z.array(z.int().min(0)).optional().describe('the first without it'),
        }),
      )
      .default([])
      .describe('the method with something changed or left out, beside the method as it is'),
    seeds: z.array(z.int().min(0)).min(1).default([1]),
    main: z.string().default('adaptive').describe('the method that the study is about'),
    evidence: z
      .array(z.string())
      .default(['evidence refitted', 'collective evidence', 'evidence with text'])
      .describe('to which the gain of the LLM is measured: the first that there is; none is a single baseline'),
    questions: z
      .array(z.strictObject({ name: z.string().min(1), method: z.string(), against: z.array(z.string()).min(1) }))
      .default([...usualQuestions].map(({ against, ...question }) => ({ ...question, against: [...against] }))),
  })
  .superRefine(({ datasets, modes, variants, seeds }, context) => {
    const known = { datasets: datasets.map((each) => each.name), modes: modes.map((each) => each.name) }
    const fault = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message })
    for (const [list, names] of Object.entries({ ...known, variants: variants.map((each) => each.name), seeds })) {
      const twice = names.find((each, i) => names.indexOf(each as never) !== i)
      if (twice !== undefined) fault([list], `expected each once; ${twice} stands twice`)
    }
    variants.forEach((variant, i) => {
      for (const list of ['datasets', 'modes'] as const) {
        const wrong = variant[list]?.find((each) => !known[list].includes(each))
        if (wrong !== undefined)
          fault(['variants', i, list], `there is no "${wrong}"; expected ${known[list].join(', ')}`)
      }
      const wrong = variant.seeds?.find((each) => !seeds.includes(each))
      if (wrong !== undefined)
        fault(['variants', i, 'seeds'], `there is no seed ${wrong}; expected ${seeds.join(', ')}`)
    })
  })

/** A study as it was read: a grid, and what is asked of it. */
export type Study = z.output<typeof studySchema> & {
  /** Its file's name without the end. */
  readonly name: string
  /** What names it on a command line. */
  readonly given: string
}

/** The studies that come with the package, by name, each with its line. */
export function listStudies(): { readonly name: string; readonly about: string }[] {
  return shippedNames().map((each) => ({ name: each, about: loadStudy(each).about }))
}

/**
 * Loads a study by the name of one that comes with the package, or by the path of a JSON file.
 * @throws AdaptRecError `usage` for a name that is none, a file that cannot be read, or a value that the grid does not take.
 */
export function loadStudy(given: string): Study {
  const isPath = given.endsWith('.json') || /[/\\]/.test(given)
  const file = isPath ? given : join(shippedFolder(), `${given}.json`)
  if (!isPath && !existsSync(file)) {
    throw new AdaptRecError('usage', `There is no study "${given}".`, {
      hint: `Studies: ${shippedNames().join(', ')}. Or give the path of a study file of your own (NAME.json).`,
    })
  }
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new AdaptRecError('usage', `Cannot read the study ${file}: ${messageOf(error)}`, {
      hint: 'Give the path of a JSON file with a grid of data sets, modes, variants and seeds, as docs/studies.md tells.',
      cause: error,
    })
  }
  return { ...parseWith(studySchema, value, file), name: basename(file, '.json'), given }
}

function shippedNames(): string[] {
  return readdirSync(shippedFolder())
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort()
}

/** Beside `src` in a checkout and beside `dist` in a package. */
function shippedFolder(): string {
  return fileURLToPath(new URL('../../studies', import.meta.url))
}
