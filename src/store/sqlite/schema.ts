/**
 * @file The tables, as steps from nothing to now. A step is never changed once it was released: a new one follows. Events lie in the order of
 * histories, so that reading one, or all, is reading in a row. Ids of users and items stand once; events hold their numbers.
 */

import { AdaptRecError } from '../../base/index.js'
import type { Database } from './database.js'

/** Written into the file's header: "adRe". */
const APPLICATION_ID = 0x61645265

/** Each leads from the version of its place to the next. */
const migrations: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  INSERT INTO meta VALUES ('lastSequence', 0), ('events', 0), ('lastBackup', NULL), ('checked', NULL);

  CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    categories TEXT NOT NULL,
    attributes TEXT NOT NULL,
    available INTEGER NOT NULL,
    search TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    updatedAt INTEGER NOT NULL,
    version INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE users (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    attributes TEXT NOT NULL,
    optedOut INTEGER NOT NULL,
    isSession INTEGER NOT NULL,
    createdAt INTEGER NOT NULL,
    updatedAt INTEGER NOT NULL,
    version INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX usersOptedOut ON users (id) WHERE optedOut = 1;

  CREATE TABLE events (
    user INTEGER NOT NULL REFERENCES users (number),
    timestamp INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES items (number),
    eventId TEXT NOT NULL,
    eventType TEXT NOT NULL,
    value REAL,
    recommendationId TEXT,
    PRIMARY KEY (user, timestamp, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX eventsById ON events (eventId);
  CREATE UNIQUE INDEX eventsBySequence ON events (sequence);
  CREATE INDEX eventsByItem ON events (item, timestamp, sequence);
  CREATE INDEX eventsByTime ON events (timestamp, sequence);

  CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    revokedAt INTEGER
  ) STRICT;

  CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    request TEXT NOT NULL,
    progress TEXT,
    result TEXT,
    error TEXT,
    createdAt INTEGER NOT NULL,
    startedAt INTEGER,
    finishedAt INTEGER
  ) STRICT;
  CREATE INDEX jobsByTime ON jobs (createdAt, number);

  CREATE TABLE models (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    folder TEXT NOT NULL,
    state TEXT NOT NULL,
    trafficPercent REAL NOT NULL,
    metrics TEXT NOT NULL,
    impressions INTEGER NOT NULL,
    clicks INTEGER NOT NULL,
    trainedTo INTEGER NOT NULL,
    createdAt INTEGER NOT NULL,
    version INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX oneLiveModel ON models (state) WHERE state = 'live';

  CREATE TABLE traces (
    number INTEGER PRIMARY KEY,
    recommendationId TEXT NOT NULL UNIQUE,
    userId TEXT,
    modelId TEXT,
    createdAt INTEGER NOT NULL,
    content TEXT NOT NULL
  ) STRICT;
  CREATE INDEX tracesByTime ON traces (createdAt, number);
  CREATE INDEX tracesByUser ON traces (userId);
  CREATE TABLE served (
    userId TEXT NOT NULL,
    trace INTEGER NOT NULL REFERENCES traces (number) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    PRIMARY KEY (userId, trace)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX servedByTrace ON served (trace, place);

  CREATE TABLE replies (
    key TEXT PRIMARY KEY,
    requestHash TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    createdAt INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX repliesByTime ON replies (createdAt);
  `,
  // What changed, the latest change of each thing alone. Of those who were removed no id stays. Deleted first, as a statement that fires a
  // trigger decides what the trigger does about a conflict.
  `
  CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    UNIQUE (kind, id)
  ) STRICT;
  CREATE TRIGGER itemAdded AFTER INSERT ON items BEGIN
    DELETE FROM changes WHERE kind = 'item' AND id = NEW.id;
    INSERT INTO changes (kind, id) VALUES ('item', NEW.id);
  END;
  CREATE TRIGGER itemChanged AFTER UPDATE ON items BEGIN
    DELETE FROM changes WHERE kind = 'item' AND id = NEW.id;
    INSERT INTO changes (kind, id) VALUES ('item', NEW.id);
  END;
  CREATE TRIGGER itemRemoved AFTER DELETE ON items BEGIN
    DELETE FROM changes WHERE kind = 'item' AND id = OLD.id;
    INSERT INTO changes (kind, id) VALUES ('item', OLD.id);
  END;
  CREATE TRIGGER userChanged AFTER UPDATE OF optedOut ON users WHEN OLD.optedOut <> NEW.optedOut BEGIN
    DELETE FROM changes WHERE kind = 'user' AND id = NEW.id;
    INSERT INTO changes (kind, id) VALUES ('user', NEW.id);
  END;
  CREATE TRIGGER userAdded AFTER INSERT ON users WHEN NEW.optedOut <> 0 BEGIN
    DELETE FROM changes WHERE kind = 'user' AND id = NEW.id;
    INSERT INTO changes (kind, id) VALUES ('user', NEW.id);
  END;
  CREATE TRIGGER eventRemoved AFTER DELETE ON events BEGIN
    DELETE FROM changes WHERE kind = 'user' AND id = (SELECT id FROM users WHERE number = OLD.user);
    INSERT INTO changes (kind, id) SELECT 'user', id FROM users WHERE number = OLD.user;
  END;
  CREATE TRIGGER eventMoved AFTER UPDATE OF user ON events BEGIN
    DELETE FROM changes WHERE kind = 'user' AND id = (SELECT id FROM users WHERE number = NEW.user);
    INSERT INTO changes (kind, id) SELECT 'user', id FROM users WHERE number = NEW.user;
  END;
  CREATE TRIGGER userRemoved AFTER DELETE ON users BEGIN
    DELETE FROM changes WHERE kind = 'user' AND id = OLD.id OR kind = 'removal';
    INSERT INTO changes (kind, id) VALUES ('removal', '');
  END;
  `,
  // Several services on one store: changes of what answers, leases, and jobs that another service is asked to stop.
  `
  ALTER TABLE jobs ADD COLUMN cancelAsked INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX jobsOpen ON jobs (createdAt, number) WHERE state IN ('queued', 'running');
  CREATE TABLE leases (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
  CREATE TRIGGER modelAdded AFTER INSERT ON models BEGIN
    DELETE FROM changes WHERE kind = 'model' AND id = NEW.id;
    INSERT INTO changes (kind, id) VALUES ('model', NEW.id);
  END;
  CREATE TRIGGER modelChanged AFTER UPDATE OF state, trafficPercent ON models
      WHEN OLD.state <> NEW.state OR OLD.trafficPercent <> NEW.trafficPercent BEGIN
    DELETE FROM changes WHERE kind = 'model' AND id = NEW.id;
    INSERT INTO changes (kind, id) VALUES ('model', NEW.id);
  END;
  `,
]

/** The version of the tables that this code reads and writes. */
export const SCHEMA_VERSION = migrations.length

/**
 * Brings a file to this version, in one transaction, or makes the tables of an empty one; each step and its time are kept.
 * @throws AdaptRecError `storage` where the file is of a later version, or holds something else.
 */
export function migrate(database: Database, now: () => number): void {
  if (versionOf(database) === SCHEMA_VERSION) return
  database.write(() => {
    const from = versionOf(database) // another process may have been faster
    if (from === 0) {
      database.execute(`PRAGMA application_id = ${APPLICATION_ID}`)
      database.execute('CREATE TABLE migrations (version INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT')
    }
    for (const [place, step] of migrations.entries()) {
      if (place < from) continue
      database.execute(step)
      database.run('INSERT INTO migrations VALUES (?, ?)', place + 1, now())
    }
  })
}

/** The version of a file, 0 for an empty one. */
function versionOf(database: Database): number {
  const tables = database.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
  if (tables.length === 0) return 0
  const isOurs = database.first<{ application_id: number }>('PRAGMA application_id')?.application_id === APPLICATION_ID
  if (!isOurs) {
    throw new AdaptRecError('storage', `${database.file} is a database, but no store of adaptrec.`, {
      hint: 'Name another folder; it is made where it is missing.',
    })
  }
  const { version } = database.first<{ version: number }>('SELECT max(version) AS version FROM migrations')!
  if (version > SCHEMA_VERSION) {
    throw new AdaptRecError(
      'storage',
      `The store ${database.file} has schema version ${version}; this adaptrec knows versions up to ${SCHEMA_VERSION}.`,
      { hint: 'Use the adaptrec that wrote it, or a later one.' },
    )
  }
  return version
}
