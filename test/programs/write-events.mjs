/**
 * @file Writes batches of events into a store, one after the other, and says each batch once it is acknowledged; says the error that ends it.
 * `write-events.mjs URL FIRST_BATCH EVENTS_OF_BATCH`.
 */

import { writeSync } from 'node:fs'
import { openStore } from '../../src/store/open-store.ts' // not the face of the folder: that reads all of src/data

const [url, first, size] = process.argv.slice(2)
try {
  const store = await openStore(url)
  for (let batch = Number(first); ; batch++) {
    const events = Array.from({ length: Number(size) }, (_, i) => ({
      eventId: `${batch}-${i}`,
      eventType: 'view',
      userId: `user ${(batch + i) % 13}`,
      isSession: false,
      itemId: `item ${(batch * 7 + i) % 29}`,
      timestamp: batch * 1000 - i,
    }))
    await store.addEvents(events)
    writeSync(1, `${batch}\n`)
  }
} catch (error) {
  writeSync(1, `${JSON.stringify({ code: error.code, message: error.message, hint: error.hint })}\n`)
}
