/**
 * @file A process of its own that takes staged events into a store, in one transaction: `node import-process.mjs STORE STAGED`. Rows go in in the order
 * in which they lie there, and indexes of a table that was empty are made at once, so that no page is written again and again. Other
 * writers wait for it; readers do not. JavaScript, so that it runs from the sources too.
 */

import Libsql from 'libsql'

const [file, staged] = process.argv.slice(2)
const database = new Libsql(file, { timeout: 60_000 })
const run = (sql, ...values) => database.prepare(sql).run(values).changes
const first = (sql) => Object.values(database.prepare(sql).all([])[0])[0]
try {
  for (const setting of ['synchronous = FULL', 'foreign_keys = ON', 'temp_store = FILE', 'cache_size = -65536'])
    database.exec(`PRAGMA ${setting}`)
  run('ATTACH ? AS import', staged)
  database.exec('BEGIN IMMEDIATE')
  const taken = 'DELETE FROM import.staged WHERE eventId IN (SELECT eventId FROM main.events)'
  const wasEmpty = first('SELECT count(*) FROM (SELECT 1 FROM main.events LIMIT 1)') === 0
  const again = `DELETE FROM import.staged WHERE place IN (SELECT place FROM
    (SELECT place, lag(eventId) OVER (ORDER BY eventId, place) = eventId AS isAgain FROM import.staged) WHERE isAgain)`
  const duplicates = run(again) + (wasEmpty ? 0 : run(taken))
  const indexes = wasEmpty
    ? database
        .prepare(
          "SELECT name, sql FROM main.sqlite_schema WHERE type = 'index' AND tbl_name = 'events' AND sql IS NOT NULL",
        )
        .all([])
    : []
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`)
  const last = first("SELECT value FROM main.meta WHERE name = 'lastSequence'")
  const accepted = run(
    `INSERT INTO main.events (user, timestamp, sequence, item, eventId, eventType, value, recommendationId)
      SELECT user, timestamp, place + ?, item, eventId, eventType, value, recommendationId FROM import.staged
      WHERE user IN (SELECT number FROM main.users) AND item IN (SELECT number FROM main.items)
      ORDER BY user, timestamp, place`, // who was removed meanwhile stays away
    last,
  )
  for (const { sql } of indexes) database.exec(sql)
  const most = first('SELECT coalesce(max(place), 0) FROM import.staged')
  run("UPDATE main.meta SET value = ? WHERE name = 'lastSequence'", last + most)
  run("UPDATE main.meta SET value = value + ? WHERE name = 'events'", accepted)
  database.exec('COMMIT')
  process.stdout.write(JSON.stringify({ accepted, duplicates }))
} catch (error) {
  process.stderr.write(JSON.stringify({ code: error.code ?? error.libsqlError?.code, message: error.message }))
  process.exitCode = 1
}
database.close()
