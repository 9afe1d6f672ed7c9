/**
 * @file What goes in and out of the service: one zod schema each, from which the types, the checks of requests and the OpenAPI document come.
 * Names are camelCase, times RFC 3339. Unknown fields are refused.
 */

import { z } from 'zod'
import { jobKinds, jobStates, modelStates, scopes } from '../../store/index.js'

const id = z.string().min(1).max(256)
const time = z.iso.datetime({ offset: true })
const cursor = z.string().min(1).max(1024).describe('nextCursor of the page before')
const limit = z.coerce.number().int().min(1).max(1000).default(50)
const attributes = z.record(z.string().min(1).max(100), z.json())
const strings = z.array(z.string().min(1).max(200))

export const eventSchema = z
  .strictObject({
    eventId: id,
    eventType: z.string().min(1).max(64).describe('for example "view", "purchase", "rating"'),
    userId: id.optional(),
    sessionId: id.optional().describe('a guest; see linkSessionId of users'),
    itemId: id,
    timestamp: time,
    value: z.number().optional().describe('a rating or an amount'),
    recommendationId: id.optional().describe('the answer that led to it'),
  })
  .meta({ id: 'Event' })

export const eventsRequest = z
  .strictObject({
    events: z.array(z.unknown()).min(1).max(1000).describe('each an Event; a bad one is refused by itself'),
  })
  .meta({ id: 'EventsRequest' })

export const eventsReply = z
  .strictObject({
    accepted: z.int(),
    duplicates: z.int().describe('eventIds that were known: the first one stays'),
    rejected: z.array(z.strictObject({ index: z.int(), code: z.string(), detail: z.string() })),
  })
  .meta({ id: 'EventsReply' })

export const eventsQuery = z.strictObject({
  userId: id.optional(),
  itemId: id.optional(),
  since: time.optional(),
  cursor: cursor.optional(),
  limit,
})

const page = <T extends z.ZodType>(row: T, name: string) =>
  z.strictObject({ rows: z.array(row), nextCursor: z.string().optional() }).meta({ id: name })

export const eventReply = z
  .strictObject({
    eventId: z.string(),
    eventType: z.string(),
    userId: z.string().optional(),
    sessionId: z.string().optional(),
    itemId: z.string(),
    timestamp: time,
    value: z.number().optional(),
    recommendationId: z.string().optional(),
  })
  .meta({ id: 'StoredEvent' })
export const eventsPage = page(eventReply, 'EventsPage')

export const itemRequest = z
  .strictObject({
    itemId: id,
    title: z.string().min(1).max(10_000),
    categories: strings.max(100).optional(),
    attributes: attributes.optional(),
    available: z.boolean().optional(),
  })
  .meta({ id: 'ItemRequest' })
export const itemsRequest = z
  .strictObject({ items: z.array(itemRequest).min(1).max(1000) })
  .meta({ id: 'ItemsRequest' })
export const itemsReply = z.strictObject({ added: z.int(), replaced: z.int() }).meta({ id: 'ItemsReply' })
export const itemPatch = itemRequest.omit({ itemId: true }).partial().meta({ id: 'ItemPatch' })
export const itemReply = z
  .strictObject({
    itemId: z.string(),
    title: z.string(),
    categories: z.array(z.string()),
    attributes,
    available: z.boolean(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Item' })
export const itemsPage = page(itemReply, 'ItemsPage')
export const itemsQuery = z.strictObject({
  q: z.string().max(200).optional().describe('words of the title, a category or the id'),
  category: z.string().max(200).optional(),
  available: z.enum(['true', 'false']).optional(),
  cursor: cursor.optional(),
  limit,
})
export const neighboursReply = z
  .strictObject({ rows: z.array(z.strictObject({ itemId: z.string(), title: z.string(), score: z.number() })) })
  .meta({ id: 'Neighbours' })

export const userPatch = z
  .strictObject({
    attributes: attributes.optional(),
    optedOut: z.boolean().optional().describe('true: this history serves nobody else'),
    linkSessionId: id.optional().describe('at login: the events of this session become the user’s'),
  })
  .meta({ id: 'UserPatch' })
export const userReply = z
  .strictObject({
    userId: z.string(),
    attributes,
    optedOut: z.boolean(),
    isSession: z.boolean(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'User' })
export const usersPage = page(userReply.extend({ events: z.int() }).meta({ id: 'UserRow' }), 'UsersPage')
export const usersQuery = z.strictObject({ q: z.string().max(200).optional(), cursor: cursor.optional(), limit })

const similarUser = z.strictObject({
  label: z.string().describe('a pseudonym of this answer'),
  userId: z.string().optional().describe('for the scope admin alone'),
  score: z.number(),
  metrics: z.record(z.string(), z.number()),
  probability: z.number().optional().describe('that the language model gave it'),
  selected: z.boolean(),
  window: z.array(z.string()).describe('titles around the place where it stood alike'),
  next: z.array(z.string()).describe('candidates that it went on to'),
  shared: z.array(z.string()),
})
export const similarReply = z
  .strictObject({ userId: z.string(), criteria: z.string(), poolSize: z.int(), users: z.array(similarUser) })
  .meta({ id: 'SimilarUsers' })

/** How candidates may be narrowed. */
export const filterSchema = z
  .strictObject({
    categories: strings.max(100).optional().describe('only items with one of these'),
    attributes: z
      .record(z.string().min(1).max(100), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('only items with these values'),
  })
  .meta({ id: 'Filter' })

export const recommendationRequest = z
  .strictObject({
    userId: id.optional(),
    sessionId: id.optional(),
    history: z.array(z.string().min(1).max(10_000)).min(1).max(1000).optional().describe('titles, oldest first'),
    itemIds: z.array(id).min(1).max(1000).optional().describe('items as a history, oldest first: a cart, an item page'),
    candidates: z.array(id).min(1).max(1000).optional().describe('rank these instead of proposing'),
    count: z.int().min(1).max(100).default(10),
    filter: filterSchema.optional(),
    exclude: z
      .strictObject({
        seen: z.boolean().default(true),
        eventTypes: strings.max(50).optional().describe('seen by these kinds of event alone'),
        itemIds: z.array(id).max(1000).optional(),
      })
      .prefault({}),
    diversity: z.number().min(0).max(1).optional().describe('0 ranks by score alone, 1 spreads over categories'),
    include: z.array(z.enum(['item', 'reason'])).default([]),
    deadlineMs: z.int().min(1).max(600_000).optional(),
    modelId: id.optional().describe('ask this model, whatever is live'),
    cursor: cursor.optional().describe('the next page of a list that was stored'),
  })
  .meta({ id: 'RecommendationRequest' })

export const reasonSchema = z
  .strictObject({
    sentence: z.string(),
    similarUsers: z.int().describe('of the wide pool, who went on to it'),
    poolSize: z.int(),
    users: z
      .array(z.strictObject({ label: z.string(), nats: z.number(), shared: z.array(z.string()) }))
      .describe('what each selected user moved its log-probability by'),
    items: z
      .array(z.strictObject({ itemId: z.string(), title: z.string(), nats: z.number() }))
      .describe('what each own item moved its score by'),
  })
  .meta({ id: 'Reason' })

export const recommendedItem = z
  .strictObject({
    itemId: z.string(),
    rank: z.int(),
    score: z.number(),
    reason: reasonSchema.optional(),
    item: itemReply.optional(),
  })
  .meta({ id: 'RecommendedItem' })

export const sources = ['llm', 'evidence', 'popular', 'cache'] as const
export const recommendationReply = z
  .strictObject({
    recommendationId: z.string(),
    modelId: z.string().optional(),
    source: z.enum(sources),
    degraded: z.boolean().describe('true: less than the model’s own answer, see degradedBecause'),
    degradedBecause: z.string().optional(),
    items: z.array(recommendedItem),
    shortfall: z
      .strictObject({ wanted: z.int(), got: z.int(), because: z.string() })
      .optional()
      .describe('fewer items than asked for, and why'),
    nextCursor: z.string().optional(),
    tookMs: z.number(),
  })
  .meta({ id: 'Recommendation' })

export const stageSchema = z.strictObject({
  name: z.string(),
  in: z.int(),
  out: z.int(),
  ms: z.number(),
  note: z.string().optional(),
})
export const traceReply = z
  .strictObject({
    recommendationId: z.string(),
    createdAt: time,
    userId: z.string().optional(),
    modelId: z.string().optional(),
    source: z.enum(sources),
    stages: z.array(stageSchema),
    history: z.array(z.string()),
    criteria: z.string().optional(),
    users: z.array(similarUser),
    prompts: z.strictObject({ similarityRetrieval: z.string().optional(), recommendation: z.string().optional() }),
    promptTokens: z.int(),
    ranking: z.array(
      z.strictObject({
        itemId: z.string(),
        title: z.string(),
        logProbability: z.number().optional(),
        evidence: z.number(),
        score: z.number(),
      }),
    ),
  })
  .meta({ id: 'Trace' })

export const jobRequest = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('train'),
      settings: z
        .record(z.string(), z.json())
        .default({})
        .describe('as in a config file of `adaptrec train`; what is left out is as the live model was trained'),
      evaluate: z.boolean().default(true),
    }),
    z.strictObject({ kind: z.literal('evaluate'), modelId: id }),
    z.strictObject({
      kind: z.literal('import'),
      path: z.string().min(1).describe('a folder or file on the server, in the imports folder of the store'),
      dryRun: z.boolean().default(false),
    }),
    z.strictObject({ kind: z.literal('export'), format: z.enum(['jsonl', 'parquet']).default('jsonl') }),
    z.strictObject({ kind: z.literal('backup') }),
  ])
  .meta({ id: 'JobRequest' })
export const jobReply = z
  .strictObject({
    jobId: z.string(),
    kind: z.enum(jobKinds),
    state: z.enum(jobStates),
    request: z.record(z.string(), z.json()),
    progress: z.record(z.string(), z.json()).optional(),
    result: z.record(z.string(), z.json()).optional(),
    error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
    createdAt: time,
    startedAt: time.optional(),
    finishedAt: time.optional(),
  })
  .meta({ id: 'Job' })
export const jobsPage = page(jobReply, 'JobsPage')
export const pageQuery = z.strictObject({ cursor: cursor.optional(), limit })

export const modelReply = z
  .strictObject({
    modelId: z.string(),
    name: z.string().describe('for people: the run that was taken in, or which training of this store it was'),
    trainedOn: z.string().optional().describe('for people: the data that it learned from'),
    state: z.enum(modelStates),
    trafficPercent: z.number(),
    metrics: z.record(z.string(), z.json()),
    impressions: z.int(),
    clicks: z.int(),
    createdAt: time,
    isOpen: z.boolean().describe('in memory and answering'),
  })
  .meta({ id: 'Model' })
export const modelsReply = z.strictObject({ rows: z.array(modelReply) }).meta({ id: 'Models' })
export const modelPatch = z
  .strictObject({ state: z.enum(modelStates).optional(), trafficPercent: z.number().min(0).max(100).optional() })
  .meta({ id: 'ModelPatch' })
/** Rounds, criteria and curves of a model's training, for people. */
export const modelTrainingReply = z
  .strictObject({
    modelId: z.string(),
    curves: z.record(z.string(), z.array(z.record(z.string(), z.json()))),
    rounds: z.array(z.record(z.string(), z.json())),
    result: z.json().optional(),
  })
  .meta({ id: 'ModelTraining' })

export const keyRequest = z
  .strictObject({ name: z.string().min(1).max(100), scopes: z.array(z.enum(scopes)).min(1) })
  .meta({ id: 'KeyRequest' })
export const keyReply = z
  .strictObject({
    keyId: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(scopes)),
    createdAt: time,
    revokedAt: time.optional(),
    secret: z.string().optional().describe('told once, when the key is made'),
  })
  .meta({ id: 'Key' })
export const keysReply = z.strictObject({ rows: z.array(keyReply) }).meta({ id: 'Keys' })

export const auditReply = z
  .strictObject({
    rows: z.array(z.strictObject({ recommendationId: z.string(), createdAt: time, userId: z.string().optional() })),
    nextCursor: z.string().optional(),
  })
  .meta({ id: 'Audit' })

/** What an operator asks about first. */
export const systemReply = z
  .strictObject({
    version: z.string(),
    storeUrl: z.string(),
    schemaVersion: z.int(),
    counts: z.record(z.string(), z.int()),
    checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
    queue: z.strictObject({ waiting: z.int(), running: z.int(), capacity: z.int() }),
    caches: z.array(
      z.strictObject({ name: z.string(), entries: z.int(), bytes: z.number().optional(), bound: z.string() }),
    ),
    memoryBytes: z.number(),
    lastBackup: time.optional(),
    startedAt: time,
  })
  .meta({ id: 'System' })

/** The latest minutes of requests. */
export const liveReply = z
  .strictObject({
    minutes: z.number(),
    requests: z.int(),
    share: z.strictObject({
      llm: z.number(),
      evidence: z.number(),
      popular: z.number(),
      cache: z.number(),
      degraded: z.number(),
    }),
    stages: z.array(z.strictObject({ name: z.string(), count: z.int(), p50Ms: z.number(), p99Ms: z.number() })),
    latest: z.array(
      z.strictObject({
        recommendationId: z.string(),
        createdAt: time,
        source: z.enum(sources),
        degraded: z.boolean(),
        tookMs: z.number(),
        modelId: z.string().optional(),
      }),
    ),
    perMinute: z.array(z.strictObject({ minute: time, requests: z.int(), p50Ms: z.number(), p99Ms: z.number() })),
    clicks: z.array(z.strictObject({ modelId: z.string(), impressions: z.int(), clicks: z.int() })),
  })
  .meta({ id: 'Live' })
