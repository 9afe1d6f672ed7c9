/**
 * @file Makes a TypeScript client of an OpenAPI document of ours: types of every schema, one function for each operation. It needs nothing but `fetch`.
 *   node scripts/make-client.mjs http://127.0.0.1:8080/openapi.json examples/http-backend/client.ts
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const fixed = readFileSync(new URL('./make-client-base.ts.txt', import.meta.url), 'utf8')

/**
 * The text of a client.
 * @param {any} document
 * @returns {string}
 */
export function clientOf(document) {
  const named = Object.entries(document.components.schemas).sort(([a], [b]) => (a < b ? -1 : 1))
  const types = named.map(([name, schema]) => `export type ${name} = ${typeOf(schema, '')}\n`)
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operation.operationId ? [operationOf(method.toUpperCase(), path, operation)] : [],
    ),
  )
  return `${fixed}\n${types.join('\n')}
/** One function for each operation of the service. */
export function createClient(options: ClientOptions) {
  const call = caller(options)
  return {
${operations.join('\n')}
  }
}
`
}

/** Where an operation takes what: path, query and body are one object each. */
function operationOf(method, path, operation) {
  const parameters = operation.parameters ?? []
  const body = operation.requestBody?.content['application/json'].schema
  const parts = ['path', 'query'].flatMap((place) => {
    const own = parameters.filter((parameter) => parameter.in === place)
    if (own.length === 0) return []
    const optional = place === 'query' && own.every(({ required }) => !required)
    const fields = own.map(({ name, required, schema }) => `${name}${required ? '' : '?'}: ${typeOf(schema, '    ')}`)
    return [`${place}${optional ? '?' : ''}: { ${fields.join('; ')} }`]
  })
  if (body) parts.push(`body: ${typeOf(body, '    ')}`)
  const needsInput = parts.some((part) => !/^\w+\?/.test(part))
  const input = `input: Input<{ ${parts.join('; ')} }>${needsInput ? '' : ' = {}'}`
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
  const [, answer] = answers[0]
  const stream = answer.content?.['text/event-stream'] !== undefined
  const json = answer.content?.['application/json']?.schema
  const result = stream ? '' : `<${json ? typeOf(json, '    ') : 'void'}>`
  return `    /** ${operation.summary}. */
    ${operation.operationId}: (${input}) => call.${stream ? 'stream' : `send${result}`}('${method}', '${path}', input),`
}

/** A JSON schema as a type. */
function typeOf(schema, indent) {
  if (schema.$ref) return schema.$ref.split('/').at(-1)
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const either = schema.oneOf ?? schema.anyOf
  if (either) return either.map((one) => typeOf(one, indent)).join(' | ')
  if (schema.type === 'array') return `readonly (${typeOf(schema.items ?? {}, indent)})[]`
  if (schema.type === 'object') return objectOf(schema, indent)
  return (
    { string: 'string', number: 'number', integer: 'number', boolean: 'boolean', null: 'null' }[schema.type] ??
    'unknown'
  )
}

function objectOf({ properties, required = [], additionalProperties }, indent) {
  if (!properties) return `Readonly<Record<string, ${typeOf(additionalProperties || {}, indent)}>>`
  const inner = `${indent}  `
  const fields = Object.entries(properties).map(([name, schema]) => {
    const comment = schema.description ? `${inner}/** ${schema.description} */\n` : ''
    return `${comment}${inner}readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner)}\n`
  })
  return `{\n${fields.join('')}${indent}}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [source, target] = process.argv.slice(2)
  if (!source || !target) throw new Error('Give the address or file of the OpenAPI document, and the file to write.')
  const isAddress = /^https?:/.test(source)
  const headers = process.env.ADAPTREC_KEY ? { authorization: `Bearer ${process.env.ADAPTREC_KEY}` } : {}
  const text = isAddress ? await (await fetch(source, { headers })).text() : readFileSync(source, 'utf8')
  writeFileSync(target, clientOf(JSON.parse(text)))
}
