/**
 * @file Everybody as a folder, for processes elsewhere that read neither the data of a run nor a store: numbers as arrays, the rest as JSON, each file
 * with its hash, and the whole held against the hash of its content.
 */

import { z } from 'zod'
import { AdaptRecError, LargeFolder, writeLargeFolder } from '../../base/index.js'
import type { Dataset } from '../../data/index.js'
import { type Everybody, madeFromOf } from './everybody.js'

const count = z.int().min(0)
const aboutSchema = z.strictObject({
  name: z.string(),
  report: z.strictObject({ read: count, kept: count, dropped: z.record(z.string(), count) }),
  users: count,
  interactions: count,
  hasRatings: z.boolean(),
  hasTimes: z.boolean(),
  hidden: z.array(count),
  content: z.string(),
})
const itemsSchema = z.array(
  z.strictObject({ id: z.string(), title: z.string(), year: z.number().exactOptional(), genres: z.array(z.string()) }),
)
const apartSchema = z.array(
  z.strictObject({
    id: z.string(),
    history: z.array(count).min(1),
    ratings: z.array(z.number().nullable()).exactOptional(), // JSON has no NaN
  }),
)

const contentOf = (everybody: Everybody) => JSON.stringify(madeFromOf(everybody))

/** Writes everybody as a new folder. @throws AdaptRecError `storage`. */
export async function writePeople(folder: string, everybody: Everybody): Promise<void> {
  const { dataset, apart, hidden } = everybody
  const { name, report, items, userIds, offsets, itemOf, ratings, times } = dataset
  const about: z.input<typeof aboutSchema> = {
    name,
    report: { read: report.read, kept: report.kept, dropped: { ...report.dropped } },
    users: userIds.length,
    interactions: itemOf.length,
    hasRatings: ratings !== undefined,
    hasTimes: times !== undefined,
    hidden: [...hidden],
    content: contentOf(everybody),
  }
  await writeLargeFolder(folder, async ({ put }) => {
    const json = (value: unknown) => [Buffer.from(JSON.stringify(value))]
    await put('about.json', json(about))
    await put('items.json', json(items.map(({ id, title, year, genres }) => ({ id, title, year, genres }))))
    await put('users.json', json(userIds))
    await put('apart.json', json(apart))
    await put('offsets', [offsets])
    await put('item-of', [itemOf])
    if (ratings) await put('ratings', [ratings])
    if (times) await put('times', [new Uint8Array(times.buffer, times.byteOffset, times.byteLength)])
  })
}

/** Everybody of such a folder. @throws AdaptRecError `state` for one that is not as it was written. */
export async function readPeople(path: string): Promise<Everybody> {
  const folder = new LargeFolder(path)
  const json = async <S extends z.ZodType>(name: string, schema: S): Promise<z.output<S>> => {
    const parsed = schema.safeParse(JSON.parse(await folder.text(name)))
    if (parsed.success) return parsed.data
    throw notAsWritten(path, name)
  }
  const { users, interactions, hasRatings, hasTimes, hidden, content, name, report } = await json(
    'about.json',
    aboutSchema,
  )
  const items = await json('items.json', itemsSchema)
  const dataset: Dataset = {
    name,
    report,
    items,
    userIds: await json('users.json', z.array(z.string()).length(users)),
    offsets: await folder.integers('offsets', users + 1),
    itemOf: await folder.integers('item-of', interactions),
    ...(hasRatings ? { ratings: await folder.floats('ratings', interactions) } : {}),
    ...(hasTimes ? { times: new Float64Array((await folder.integers('times', 2 * interactions)).buffer) } : {}),
  }
  const apart = (await json('apart.json', apartSchema)).map(({ ratings, ...user }) => ({
    ...user,
    ...(ratings ? { ratings: ratings.map((rating) => rating ?? Number.NaN) } : {}),
  }))
  const everybody = { dataset, apart, hidden: new Set(hidden) }
  if (contentOf(everybody) !== content) throw notAsWritten(path, 'its content')
  return everybody
}

function notAsWritten(path: string, what: string): AdaptRecError {
  return new AdaptRecError('state', `${path}: ${what} is not what this version of adaptrec writes.`, {
    hint: 'Use the same version of adaptrec on every machine, and run the same command again.',
  })
}
