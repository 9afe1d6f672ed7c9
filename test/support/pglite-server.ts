/**
 * @file PostgreSQL inside the process, behind a socket, so that the real client speaks to it. It has one session: a connection has it from its first
 * message until the server is idle and outside a transaction again, then the next one gets its turn.
 */

import { createServer, type Server, type Socket } from 'node:net'
import { PGlite } from '@electric-sql/pglite'

/** A server that is there for tests. */
export interface PgliteServer {
  /** `postgres://...`, a new schema each time. */
  url(): string
  /** Breaks all connections, as a server does that is restarted. */
  breakConnections(): void
  close(): Promise<void>
}

const SSL_REQUEST = 80_877_103
const CANCEL_REQUEST = 80_877_102
const READY = 'Z'.charCodeAt(0)
const IDLE = 'I'.charCodeAt(0)

/** Starts it: some seconds. */
export async function pgliteServer(): Promise<PgliteServer> {
  const database = await PGlite.create()
  const sockets = new Set<Socket>()
  const turns = new Turns()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    const connection = new Connection(database, socket, turns)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (data) => connection.take(data))
    socket.on('close', () => {
      sockets.delete(socket)
      connection.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  let count = 0
  return {
    url: () => `postgres://postgres@127.0.0.1:${port}/postgres?pool=1&sslmode=disable&schema=test_${++count}`,
    breakConnections: () => {
      for (const socket of sockets) socket.destroy()
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      await database.close()
    },
  }
}

/** Who has the session. */
class Turns {
  #holder: Connection | undefined
  readonly #waiting: Connection[] = []

  has(connection: Connection): boolean {
    if (this.#holder === undefined) this.#holder = connection
    if (this.#holder === connection) return true
    if (!this.#waiting.includes(connection)) this.#waiting.push(connection)
    return false
  }

  holds(connection: Connection): boolean {
    return this.#holder === connection
  }

  pass(connection: Connection): void {
    const place = this.#waiting.indexOf(connection)
    if (place >= 0) this.#waiting.splice(place, 1)
    if (this.#holder !== connection) return
    this.#holder = this.#waiting.shift()
    void this.#holder?.work()
  }
}

/** One client. */
class Connection {
  readonly #database: PGlite
  readonly #socket: Socket
  readonly #turns: Turns
  #came: Buffer = Buffer.alloc(0)
  #isStarted = false
  #isWorking = false
  #isOver = false

  constructor(database: PGlite, socket: Socket, turns: Turns) {
    this.#database = database
    this.#socket = socket
    this.#turns = turns
  }

  take(data: Buffer): void {
    this.#came = Buffer.concat([this.#came, data])
    void this.work()
  }

  end(): void {
    this.#isOver = true
    if (!this.#isWorking) void this.#leave()
  }

  /** Does what came, while it is this connection's turn. */
  async work(): Promise<void> {
    if (this.#isWorking || !this.#turns.has(this)) return
    this.#isWorking = true
    let isIdle = true
    for (let message = this.#next(); message && !this.#isOver; message = this.#next()) {
      isIdle = false
      await this.#database.runExclusive(() =>
        this.#database.execProtocolRawStream(message!, {
          onRawData: (data) => {
            isIdle = endsIdle(data)
            if (this.#socket.writable) this.#socket.write(Buffer.from(data))
          },
        }),
      )
    }
    this.#isWorking = false
    if (this.#isOver) await this.#leave()
    else if (isIdle && this.#came.length === 0) this.#turns.pass(this)
  }

  /** Ends what a client left open that has gone. */
  async #leave(): Promise<void> {
    if (this.#turns.holds(this) && !this.#database.closed) {
      await this.#database.exec('ROLLBACK').catch(() => {})
    }
    this.#turns.pass(this)
  }

  /** The next whole message; what asks for encryption or to cancel is answered here. */
  #next(): Uint8Array | undefined {
    if (this.#came.length < 8)
      return this.#isStarted && this.#came.length >= 5 ? this.#cut(1 + this.#came.readInt32BE(1)) : undefined
    if (this.#isStarted) return this.#cut(1 + this.#came.readInt32BE(1))
    const code = this.#came.readInt32BE(4)
    if (code === SSL_REQUEST) {
      this.#socket.write('N')
      this.#came = this.#came.subarray(8)
      return this.#next()
    }
    if (code === CANCEL_REQUEST) {
      this.#socket.end()
      return undefined
    }
    const message = this.#cut(this.#came.readInt32BE(0))
    if (message) this.#isStarted = true
    return message
  }

  #cut(length: number): Uint8Array | undefined {
    if (this.#came.length < length) return undefined
    const message = new Uint8Array(this.#came.subarray(0, length))
    this.#came = this.#came.subarray(length)
    return message
  }
}

/** Whether what the server said ends with being ready, outside a transaction. */
function endsIdle(data: Uint8Array): boolean {
  const from = data.length - 6
  return from >= 0 && data[from] === READY && data[from + 5] === IDLE
}
