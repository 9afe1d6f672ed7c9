/**
 * @file Refusals as RFC 9457 problem documents. One table maps the codes of `AdaptRecError` to statuses; what Fastify refuses by itself gets the same
 * form. A fault says nothing of its inside to the client.
 */

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AdaptRecError, type ErrorCode } from '../../base/index.js'

/** What a refusal looks like. */
export const problemSchema = z
  .strictObject({
    type: z.string().describe('urn:adaptrec:problem:CODE'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    hint: z.string().optional().describe('the next thing to do'),
    code: z.string(),
    requestId: z.string().describe('as in the log and the header x-request-id'),
    errors: z
      .array(z.strictObject({ pointer: z.string().optional(), parameter: z.string().optional(), detail: z.string() }))
      .optional()
      .describe('each wrong place: a JSON pointer into the body, or a parameter of path or query'),
  })
  .meta({ id: 'Problem' })

type Place = NonNullable<z.output<typeof problemSchema>['errors']>[number]

/** A refusal before it is sent. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly hint?: string | undefined
  readonly errors?: readonly Place[]
  readonly headers?: Readonly<Record<string, string>>
}

const statusOf: Readonly<Record<ErrorCode, number>> = {
  usage: 400,
  data: 422,
  format: 422,
  prompt: 422,
  'unknown-user': 404,
  'unknown-item': 404,
  'not-found': 404,
  conflict: 409,
  state: 409,
  busy: 503,
  asset: 503,
  storage: 503,
  aborted: 503,
  engine: 500,
  numeric: 500,
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'A key is needed',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'The request took too long to arrive',
  409: 'Conflict',
  412: 'Another version is there',
  413: 'Too large',
  414: 'Address too long',
  415: 'Unsupported content type',
  421: 'Misdirected request',
  422: 'Cannot be processed',
  431: 'Headers too large',
  500: 'A fault in adaptrec',
  503: 'Not now',
  507: 'The disk is full',
}

/** Codes for what Fastify itself refuses, with what to do. */
const fastifyRefusals: Readonly<Record<string, readonly [code: string, hint: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'Send application/json.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['too-large', 'Send fewer rows in one request.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['bad-json', 'Send a JSON body, or no content-type header.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['bad-json', 'Send valid JSON in UTF-8.'],
  FST_ERR_BAD_URL: ['bad-url', 'Encode ids in the path as UTF-8, percent-encoded.'],
}

/** Sends a refusal and gives the reply, for a hook to return. */
export function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status, code, detail, hint, errors, headers } = refusal
  return reply
    .code(status)
    .headers({ 'x-request-id': reply.request.id, ...headers })
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemOf(status, code, detail, reply.request.id, hint, errors))
}

/** The document itself. */
export function problemOf(
  status: number,
  code: string,
  detail: string,
  requestId: string,
  hint?: string,
  errors?: readonly Place[],
): z.output<typeof problemSchema> {
  return {
    type: `urn:adaptrec:problem:${code}`,
    title: titles[status] ?? titles[status < 500 ? 400 : 500]!,
    status,
    detail,
    ...(hint === undefined ? {} : { hint }),
    code,
    requestId,
    ...(errors && errors.length > 0 ? { errors: [...errors] } : {}),
  }
}

/** What to answer to anything that was thrown while a request was worked on. */
export function refusalOf(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof AdaptRecError) return ownRefusal(error, request)
  if (hasZodFastifySchemaValidationErrors(error)) return validationRefusal(error as FastifyError)
  const { code, statusCode, message } = error as Partial<FastifyError>
  if (code !== undefined && fastifyRefusals[code]) {
    const [own, hint] = fastifyRefusals[code]
    return { status: statusCode ?? 400, code: own, detail: message ?? own, hint }
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    // Its message may quote the body.
    return { status: statusCode, code: statusCode === 413 ? 'too-large' : 'bad-json', detail: 'It cannot be read.' }
  }
  return {
    status: 500,
    code: 'fault',
    detail: 'Something went wrong that is not of your making.',
    hint: 'The log has this requestId beside what failed.',
  }
}

function ownRefusal(error: AdaptRecError, request: FastifyRequest): Refusal {
  const hasCondition = request.headers['if-match'] !== undefined
  const isFull = error.code === 'storage' && /ENOSPC|SQLITE_FULL|disk is full|no space/i.test(textOf(error))
  const status = error.code === 'conflict' && hasCondition ? 412 : isFull ? 507 : statusOf[error.code]
  return {
    status,
    code: error.code,
    detail: status === 500 ? 'Something went wrong that is not of your making.' : error.message,
    hint: status === 500 ? 'The log has this requestId beside what failed.' : error.hint,
    errors: error.places.map(({ path, detail }) => ({ pointer: pointerOf(path), detail })),
    ...(status === 503 ? { headers: { 'retry-after': '1' } } : {}),
  }
}

/** A JSON pointer into the body (RFC 6901, as a fragment). */
function pointerOf(path: readonly (string | number)[]): string {
  return `#${path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`
}

/** Messages and codes of an error and its causes. */
function textOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return `${code} ${error.message} ${error.cause instanceof Error ? textOf(error.cause) : ''}`
}

function validationRefusal(error: FastifyError): Refusal {
  const context = error.validationContext ?? 'body'
  const errors = error.validation!.flatMap(({ instancePath, message, params }): Place[] => {
    const at = instancePath === '/' ? '' : instancePath
    const keys = Array.isArray(params.keys) ? params.keys.map((key) => `${at}/${key}`) : [at]
    return keys.map((pointer) =>
      context === 'body'
        ? { pointer: `#${pointer}`, detail: message ?? 'wrong' }
        : { parameter: pointer.slice(1), detail: message ?? 'wrong' },
    )
  })
  const first = errors[0]!
  const place = first.pointer ?? first.parameter!
  return {
    status: 400,
    code: 'invalid',
    detail: `${context === 'querystring' ? 'The query' : context === 'params' ? 'The path' : 'The body'} does not fit: ${place}: ${first.detail}.`,
    hint: '/openapi.json and /docs say what is taken.',
    errors,
  }
}
