/** @file A client of adaptrec's HTTP service, made by scripts/make-client.mjs from its OpenAPI document. Do not change it by hand. */

/** Where the service is, and with which key. */
export interface ClientOptions {
  /** For example "http://127.0.0.1:8080". */
  readonly url: string
  readonly key?: string | undefined
}

/** What every call may be given beside its own input. */
export interface CallOptions {
  readonly signal?: AbortSignal
  /** For example `Idempotency-Key` or `If-Match`. */
  readonly headers?: Readonly<Record<string, string>>
}

type Input<T> = T & CallOptions
type Parts = CallOptions & { readonly path?: object; readonly query?: object; readonly body?: unknown }

/** A refusal: what the service said. */
export class ServiceError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`)
    this.name = 'ServiceError'
    this.problem = problem
  }
}

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string
  readonly data: unknown
}

function caller({ url, key }: ClientOptions) {
  const ask = async (method: string, pattern: string, input: Parts): Promise<Response> => {
    const path = pattern.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(input.path?.[name as never])))
    const address = new URL(path, url)
    for (const [name, value] of Object.entries(input.query ?? {}))
      if (value !== undefined) address.searchParams.set(name, String(value))
    const headers: Record<string, string> = { ...input.headers }
    if (key !== undefined) headers.authorization = `Bearer ${key}`
    if (input.body !== undefined) headers['content-type'] = 'application/json'
    const body = input.body === undefined ? null : JSON.stringify(input.body)
    const response = await fetch(address, { method, headers, body, signal: input.signal ?? null })
    if (response.ok) return response
    throw new ServiceError((await response.json()) as Problem)
  }
  return {
    send: async <T>(method: string, pattern: string, input: Parts): Promise<T> => {
      const text = await (await ask(method, pattern, input)).text()
      return (text === '' ? undefined : JSON.parse(text)) as T
    },
    stream: async function* (method: string, pattern: string, input: Parts): AsyncGenerator<ServerEvent> {
      const response = await ask(method, pattern, input)
      const decoder = new TextDecoder()
      let rest = ''
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
        const blocks = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
          const data = field('data')
          if (data !== undefined) yield { event: field('event') ?? 'message', data: JSON.parse(data) }
        }
      }
    },
  }
}

export type Audit = {
  readonly rows: readonly ({
    readonly recommendationId: string
    readonly createdAt: string
    readonly userId?: string
  })[]
  readonly nextCursor?: string
}

export type EventInput = {
  readonly eventId: string
  /** for example "view", "purchase", "rating" */
  readonly eventType: string
  readonly userId?: string
  /** a guest; see linkSessionId of users */
  readonly sessionId?: string
  readonly itemId: string
  readonly timestamp: string
  /** a rating or an amount */
  readonly value?: number
  /** the answer that led to it */
  readonly recommendationId?: string
}

export type EventsPage = {
  readonly rows: readonly (StoredEvent)[]
  readonly nextCursor?: string
}

export type EventsReply = {
  readonly accepted: number
  /** eventIds that were known: the first one stays */
  readonly duplicates: number
  readonly rejected: readonly ({
    readonly index: number
    readonly code: string
    readonly detail: string
  })[]
}

export type EventsRequestInput = {
  /** each an Event; a bad one is refused by itself */
  readonly events: readonly (EventInput)[]
}

export type FilterInput = {
  /** only items with one of these */
  readonly categories?: readonly (string)[]
  /** only items with these values */
  readonly attributes?: Readonly<Record<string, unknown>>
}

export type Item = {
  readonly itemId: string
  readonly title: string
  readonly categories: readonly (string)[]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly available: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

export type ItemPatchInput = {
  readonly title?: string
  readonly categories?: readonly (string)[]
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly available?: boolean
}

export type ItemRequestInput = {
  readonly itemId: string
  readonly title: string
  readonly categories?: readonly (string)[]
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly available?: boolean
}

export type ItemsPage = {
  readonly rows: readonly (Item)[]
  readonly nextCursor?: string
}

export type ItemsReply = {
  readonly added: number
  readonly replaced: number
}

export type ItemsRequestInput = {
  readonly items: readonly (ItemRequestInput)[]
}

export type Job = {
  readonly jobId: string
  readonly kind: "train" | "evaluate" | "import" | "export" | "backup" | "delete-user"
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled"
  readonly request: Readonly<Record<string, unknown>>
  readonly progress?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly hint?: string
  }
  readonly createdAt: string
  readonly startedAt?: string
  readonly finishedAt?: string
}

export type JobRequestInput = {
  readonly kind: "train"
  /** as in a config file of `adaptrec train`; what is left out is as the live model was trained */
  readonly settings?: Readonly<Record<string, unknown>>
  readonly evaluate?: boolean
} | {
  readonly kind: "evaluate"
  readonly modelId: string
} | {
  readonly kind: "import"
  /** a folder or file on the server, in the imports folder of the store */
  readonly path: string
  readonly dryRun?: boolean
} | {
  readonly kind: "export"
  readonly format?: "jsonl" | "parquet"
} | {
  readonly kind: "backup"
}

export type JobsPage = {
  readonly rows: readonly (Job)[]
  readonly nextCursor?: string
}

export type Key = {
  readonly keyId: string
  readonly name: string
  readonly scopes: readonly ("read" | "write" | "admin")[]
  readonly createdAt: string
  readonly revokedAt?: string
  /** told once, when the key is made */
  readonly secret?: string
}

export type KeyRequestInput = {
  readonly name: string
  readonly scopes: readonly ("read" | "write" | "admin")[]
}

export type Keys = {
  readonly rows: readonly (Key)[]
}

export type Live = {
  readonly minutes: number
  readonly requests: number
  readonly share: {
    readonly llm: number
    readonly evidence: number
    readonly popular: number
    readonly cache: number
    readonly degraded: number
  }
  readonly stages: readonly ({
    readonly name: string
    readonly count: number
    readonly p50Ms: number
    readonly p99Ms: number
  })[]
  readonly latest: readonly ({
    readonly recommendationId: string
    readonly createdAt: string
    readonly source: "llm" | "evidence" | "popular" | "cache"
    readonly degraded: boolean
    readonly tookMs: number
    readonly modelId?: string
  })[]
  readonly perMinute: readonly ({
    readonly minute: string
    readonly requests: number
    readonly p50Ms: number
    readonly p99Ms: number
  })[]
  readonly clicks: readonly ({
    readonly modelId: string
    readonly impressions: number
    readonly clicks: number
  })[]
}

export type Model = {
  readonly modelId: string
  /** for people: the run that was taken in, or which training of this store it was */
  readonly name: string
  /** for people: the data that it learned from */
  readonly trainedOn?: string
  readonly state: "live" | "canary" | "shadow" | "retired"
  readonly trafficPercent: number
  readonly metrics: Readonly<Record<string, unknown>>
  readonly impressions: number
  readonly clicks: number
  readonly createdAt: string
  /** in memory and answering */
  readonly isOpen: boolean
}

export type ModelPatchInput = {
  readonly state?: "live" | "canary" | "shadow" | "retired"
  readonly trafficPercent?: number
}

export type ModelTraining = {
  readonly modelId: string
  readonly curves: Readonly<Record<string, readonly (Readonly<Record<string, unknown>>)[]>>
  readonly rounds: readonly (Readonly<Record<string, unknown>>)[]
  readonly result?: unknown
}

export type Models = {
  readonly rows: readonly (Model)[]
}

export type Neighbours = {
  readonly rows: readonly ({
    readonly itemId: string
    readonly title: string
    readonly score: number
  })[]
}

export type Problem = {
  /** urn:adaptrec:problem:CODE */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** the next thing to do */
  readonly hint?: string
  readonly code: string
  /** as in the log and the header x-request-id */
  readonly requestId: string
  /** each wrong place: a JSON pointer into the body, or a parameter of path or query */
  readonly errors?: readonly ({
    readonly pointer?: string
    readonly parameter?: string
    readonly detail: string
  })[]
}

export type Ready = {
  readonly ok: boolean
  readonly checks: readonly ({
    readonly name: string
    readonly ok: boolean
    readonly detail: string
  })[]
}

export type Reason = {
  readonly sentence: string
  /** of the wide pool, who went on to it */
  readonly similarUsers: number
  readonly poolSize: number
  /** what each selected user moved its log-probability by */
  readonly users: readonly ({
    readonly label: string
    readonly nats: number
    readonly shared: readonly (string)[]
  })[]
  /** what each own item moved its score by */
  readonly items: readonly ({
    readonly itemId: string
    readonly title: string
    readonly nats: number
  })[]
}

export type Recommendation = {
  readonly recommendationId: string
  readonly modelId?: string
  readonly source: "llm" | "evidence" | "popular" | "cache"
  /** true: less than the model’s own answer, see degradedBecause */
  readonly degraded: boolean
  readonly degradedBecause?: string
  readonly items: readonly (RecommendedItem)[]
  /** fewer items than asked for, and why */
  readonly shortfall?: {
    readonly wanted: number
    readonly got: number
    readonly because: string
  }
  readonly nextCursor?: string
  readonly tookMs: number
}

export type RecommendationRequestInput = {
  readonly userId?: string
  readonly sessionId?: string
  /** titles, oldest first */
  readonly history?: readonly (string)[]
  /** items as a history, oldest first: a cart, an item page */
  readonly itemIds?: readonly (string)[]
  /** rank these instead of proposing */
  readonly candidates?: readonly (string)[]
  readonly count?: number
  readonly filter?: FilterInput
  readonly exclude?: {
    readonly seen?: boolean
    /** seen by these kinds of event alone */
    readonly eventTypes?: readonly (string)[]
    readonly itemIds?: readonly (string)[]
  }
  /** 0 ranks by score alone, 1 spreads over categories */
  readonly diversity?: number
  readonly include?: readonly ("item" | "reason")[]
  readonly deadlineMs?: number
  /** ask this model, whatever is live */
  readonly modelId?: string
  /** the next page of a list that was stored */
  readonly cursor?: string
}

export type RecommendedItem = {
  readonly itemId: string
  readonly rank: number
  readonly score: number
  readonly reason?: Reason
  readonly item?: Item
}

export type SimilarUsers = {
  readonly userId: string
  readonly criteria: string
  readonly poolSize: number
  readonly users: readonly ({
    /** a pseudonym of this answer */
    readonly label: string
    /** for the scope admin alone */
    readonly userId?: string
    readonly score: number
    readonly metrics: Readonly<Record<string, number>>
    /** that the language model gave it */
    readonly probability?: number
    readonly selected: boolean
    /** titles around the place where it stood alike */
    readonly window: readonly (string)[]
    /** candidates that it went on to */
    readonly next: readonly (string)[]
    readonly shared: readonly (string)[]
  })[]
}

export type StoredEvent = {
  readonly eventId: string
  readonly eventType: string
  readonly userId?: string
  readonly sessionId?: string
  readonly itemId: string
  readonly timestamp: string
  readonly value?: number
  readonly recommendationId?: string
}

export type System = {
  readonly version: string
  readonly storeUrl: string
  readonly schemaVersion: number
  readonly counts: Readonly<Record<string, number>>
  readonly checks: readonly ({
    readonly name: string
    readonly ok: boolean
    readonly detail: string
  })[]
  readonly queue: {
    readonly waiting: number
    readonly running: number
    readonly capacity: number
  }
  readonly caches: readonly ({
    readonly name: string
    readonly entries: number
    readonly bytes?: number
    readonly bound: string
  })[]
  readonly memoryBytes: number
  readonly lastBackup?: string
  readonly startedAt: string
}

export type Trace = {
  readonly recommendationId: string
  readonly createdAt: string
  readonly userId?: string
  readonly modelId?: string
  readonly source: "llm" | "evidence" | "popular" | "cache"
  readonly stages: readonly ({
    readonly name: string
    readonly in: number
    readonly out: number
    readonly ms: number
    readonly note?: string
  })[]
  readonly history: readonly (string)[]
  readonly criteria?: string
  readonly users: readonly ({
    /** a pseudonym of this answer */
    readonly label: string
    /** for the scope admin alone */
    readonly userId?: string
    readonly score: number
    readonly metrics: Readonly<Record<string, number>>
    /** that the language model gave it */
    readonly probability?: number
    readonly selected: boolean
    /** titles around the place where it stood alike */
    readonly window: readonly (string)[]
    /** candidates that it went on to */
    readonly next: readonly (string)[]
    readonly shared: readonly (string)[]
  })[]
  readonly prompts: {
    readonly similarityRetrieval?: string
    readonly recommendation?: string
  }
  readonly promptTokens: number
  readonly ranking: readonly ({
    readonly itemId: string
    readonly title: string
    readonly logProbability?: number
    readonly evidence: number
    readonly score: number
  })[]
}

export type User = {
  readonly userId: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly optedOut: boolean
  readonly isSession: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

export type UserPatchInput = {
  readonly attributes?: Readonly<Record<string, unknown>>
  /** true: this history serves nobody else */
  readonly optedOut?: boolean
  /** at login: the events of this session become the user’s */
  readonly linkSessionId?: string
}

export type UserRow = {
  readonly userId: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly optedOut: boolean
  readonly isSession: boolean
  readonly createdAt: string
  readonly updatedAt: string
  readonly events: number
}

export type UsersPage = {
  readonly rows: readonly (UserRow)[]
  readonly nextCursor?: string
}

/** One function for each operation of the service. */
export function createClient(options: ClientOptions) {
  const call = caller(options)
  return {
    /** Take in up to 1,000 events; the first of an eventId stays, unknown users and items are made. */
    addEvents: (input: Input<{ body: EventsRequestInput }>) => call.send<EventsReply>('POST', '/v1/events', input),
    /** Events of a user or an item, by their time. */
    listEvents: (input: Input<{ query?: { userId?: string; itemId?: string; since?: string; cursor?: string; limit?: number } }> = {}) => call.send<EventsPage>('GET', '/v1/events', input),
    /** Undo an event. */
    removeEvent: (input: Input<{ path: { eventId: string } }>) => call.send<void>('DELETE', '/v1/events/{eventId}', input),
    /** Add or replace up to 1,000 items. */
    putItems: (input: Input<{ body: ItemsRequestInput }>) => call.send<ItemsReply>('POST', '/v1/items', input),
    /** Search the catalogue. */
    listItems: (input: Input<{ query?: { q?: string; category?: string; available?: "true" | "false"; cursor?: string; limit?: number } }> = {}) => call.send<ItemsPage>('GET', '/v1/items', input),
    /** One item. */
    getItem: (input: Input<{ path: { itemId: string } }>) => call.send<Item>('GET', '/v1/items/{itemId}', input),
    /** Change an item; available: false hides it from the very next answer. */
    changeItem: (input: Input<{ path: { itemId: string }; body: ItemPatchInput }>) => call.send<Item>('PATCH', '/v1/items/{itemId}', input),
    /** Remove an item with its events. */
    removeItem: (input: Input<{ path: { itemId: string } }>) => call.send<void>('DELETE', '/v1/items/{itemId}', input),
    /** Items that the same people take next. */
    getItemNeighbours: (input: Input<{ path: { itemId: string }; query?: { count?: number } }>) => call.send<Neighbours>('GET', '/v1/items/{itemId}/neighbours', input),
    /** Users with their number of events. */
    listUsers: (input: Input<{ query?: { q?: string; cursor?: string; limit?: number } }> = {}) => call.send<UsersPage>('GET', '/v1/users', input),
    /** One user. */
    getUser: (input: Input<{ path: { userId: string } }>) => call.send<User>('GET', '/v1/users/{userId}', input),
    /** Change attributes, opt out, or link the session of a guest at login. */
    changeUser: (input: Input<{ path: { userId: string }; body: UserPatchInput }>) => call.send<User>('PATCH', '/v1/users/{userId}', input),
    /** Erase a user: rows, vectors, caches and traces; the job names models still trained on them. */
    removeUser: (input: Input<{ path: { userId: string } }>) => call.send<Job>('DELETE', '/v1/users/{userId}', input),
    /** Who was retrieved and selected, with metrics and probabilities; pseudonyms unless admin. */
    getSimilarUsers: (input: Input<{ path: { userId: string } }>) => call.send<SimilarUsers>('GET', '/v1/users/{userId}/similar', input),
    /** Answers that this user’s history served. */
    getUserAudit: (input: Input<{ path: { userId: string }; query?: { cursor?: string; limit?: number } }>) => call.send<Audit>('GET', '/v1/users/{userId}/audit', input),
    /** What comes next: for a user, a guest, a history, an item or a cart, from all items or from a list. */
    recommend: (input: Input<{ body: RecommendationRequestInput }>) => call.send<Recommendation>('POST', '/v1/recommendations', input),
    /** The trace of an answer: stages, similar users, prompt, tokens, milliseconds. */
    getRecommendation: (input: Input<{ path: { recommendationId: string } }>) => call.send<Trace>('GET', '/v1/recommendations/{recommendationId}', input),
    /** Train, evaluate, import, export or back up. */
    startJob: (input: Input<{ body: JobRequestInput }>) => call.send<Job>('POST', '/v1/jobs', input),
    /** Jobs, the latest first. */
    listJobs: (input: Input<{ query?: { cursor?: string; limit?: number } }> = {}) => call.send<JobsPage>('GET', '/v1/jobs', input),
    /** One job. */
    getJob: (input: Input<{ path: { jobId: string } }>) => call.send<Job>('GET', '/v1/jobs/{jobId}', input),
    /** Cancel a job. */
    cancelJob: (input: Input<{ path: { jobId: string } }>) => call.send<Job>('DELETE', '/v1/jobs/{jobId}', input),
    /** How a job goes on, as server-sent events until it ends. */
    watchJob: (input: Input<{ path: { jobId: string } }>) => call.stream('GET', '/v1/jobs/{jobId}/events', input),
    /** Models with metrics, impressions and clicks. */
    listModels: (input: Input<{  }> = {}) => call.send<Models>('GET', '/v1/models', input),
    /** One model. */
    getModel: (input: Input<{ path: { modelId: string } }>) => call.send<Model>('GET', '/v1/models/{modelId}', input),
    /** Make a model live, canary, shadow or retired; rollback is to set the old one live. */
    changeModel: (input: Input<{ path: { modelId: string }; body: ModelPatchInput }>) => call.send<Model>('PATCH', '/v1/models/{modelId}', input),
    /** Curves, rounds and result of a model’s training. */
    getModelTraining: (input: Input<{ path: { modelId: string } }>) => call.send<ModelTraining>('GET', '/v1/models/{modelId}/training', input),
    /** Make a key; its secret is told in this answer alone. */
    addKey: (input: Input<{ body: KeyRequestInput }>) => call.send<Key>('POST', '/v1/keys', input),
    /** Keys, without secrets. */
    listKeys: (input: Input<{  }> = {}) => call.send<Keys>('GET', '/v1/keys', input),
    /** Revoke a key. */
    revokeKey: (input: Input<{ path: { keyId: string } }>) => call.send<void>('DELETE', '/v1/keys/{keyId}', input),
    /** Checks, counts, queue, caches, schema version, last backup. */
    getSystem: (input: Input<{  }> = {}) => call.send<System>('GET', '/v1/system', input),
    /** Requests of the latest minutes. */
    getLive: (input: Input<{  }> = {}) => call.send<Live>('GET', '/v1/live', input),
    /** The same every two seconds, as server-sent events. */
    watchLive: (input: Input<{  }> = {}) => call.stream('GET', '/v1/live/events', input),
    /** The process answers. */
    isLive: (input: Input<{  }> = {}) => call.send<{
      readonly ok: true
    }>('GET', '/health/live', input),
    /** It should get requests; 503 with what is wrong. */
    isReady: (input: Input<{  }> = {}) => call.send<Ready>('GET', '/health/ready', input),
  }
}
