/** @file Where a run's data comes from, as settings: checked when they are given, kept with the run, read again in use. */

import { z } from 'zod'
import type { DatasetSource } from './tables/layout.js'

/** The schema of a data source. */
export const dataSettingsSchema = z.strictObject({
  source: z.string().min(1).default('ml-100k').describe('an asset, a folder or a file'),
  skipBadRows: z.boolean().default(false),
  name: z.string().min(1).optional().describe('stands in reports and seeds the candidate lists'),
  columns: z
    .strictObject({
      user: z.string(),
      item: z.string(),
      rating: z.string().optional(),
      time: z.string().optional(),
      title: z.string().optional(),
    })
    .optional()
    .describe('names of the columns of a table of your own'),
  items: z
    .strictObject({
      path: z.string(),
      columns: z
        .strictObject({
          item: z.string(),
          title: z.string(),
          year: z.string().optional(),
          genres: z.string().optional(),
        })
        .optional(),
    })
    .optional()
    .describe('a second table with titles'),
  separator: z.string().optional().describe('what stands between cells: comma, semicolon, tab, bar, or the characters'),
  ties: z
    .enum(['file', 'random'])
    .optional()
    .describe(
      'order of equal times: of the file, or random by the ids of user and item; default: as the data set is known',
    ),
  core: z
    .strictObject({
      users: z.int().min(1).default(1).describe('fewest interactions of a user'),
      items: z.int().min(1).default(1).describe('fewest interactions of an item'),
    })
    .optional()
    .describe(
      'who and what has fewer is left out, until both hold; 1 and 1 switch it off; default: as the data set is known',
    ),
  header: z.boolean().optional().describe('false: the first line is a row, and columns are named by number'),
})

/** A data source as it was set. */
export type DataSettings = z.output<typeof dataSettingsSchema>

/** The source at a path, laid out as the settings say; with columns it is a table. */
export function sourceOf({ source: _, skipBadRows: __, ...rest }: DataSettings, path: string): DatasetSource {
  return { kind: rest.columns ? 'table' : 'auto', path, ...rest }
}
