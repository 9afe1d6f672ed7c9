/**
 * @file Lengths that may be known only at run time. A dimension is a number or the canonical text of a polynomial over named
 * lengths: 'S', '3*S', 'P+S'. Equal lengths have equal text, so shapes are compared with `===`. Knows no tensors.
 */

import { AdaptRecError } from '../base/index.js'

/** A length: a number, or the text of a polynomial over dynamic lengths such as 'S' or '3*S'. */
export type Dim = number | string
export type Shape = readonly Dim[]

/** Coefficients by monomial: '' is the constant term, 'P*S' the product of two lengths (names sorted). */
type Polynomial = ReadonlyMap<string, number>

/** The canonical form of a dimension. @throws AdaptRecError `engine` for text that is no polynomial. */
export function canonicalDim(dim: Dim): Dim {
  if (typeof dim === 'number' && !(Number.isSafeInteger(dim) && dim >= 0)) throw badDim(dim)
  return typeof dim === 'number' ? dim : format(parse(dim))
}

/** a + b. */
export function addDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a + b : format(sum(parse(a), parse(b), 1))
}

/** a - b; the result is not checked to be positive. */
export function subtractDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a - b : format(sum(parse(a), parse(b), -1))
}

/** a * b. */
export function multiplyDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a * b : format(product(parse(a), parse(b)))
}

/** a / b where the division is exact for all lengths; undefined otherwise. Polynomial division by leading terms. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') return b !== 0 && a % b === 0 ? a / b : undefined
  const divisor = parse(b)
  const first = leadingTerm(divisor)
  if (!first) return undefined
  let rest = parse(a)
  let result: Polynomial = new Map()
  for (;;) {
    const lead = leadingTerm(rest)
    if (!lead) return format(result)
    const term = divideTerms(lead, first)
    if (!term) return undefined
    const quotient = new Map([term])
    result = sum(result, quotient, 1)
    rest = sum(rest, product(quotient, divisor), -1)
  }
}

/** The number of elements of a shape. */
export function sizeOf(shape: Shape): Dim {
  return shape.reduce<Dim>(multiplyDims, 1)
}

/** Whether two shapes are equal for all values of their dynamic lengths. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i])
}

/** A shape as text: "(B, 3*S, 64)". */
export function showShape(shape: Shape): string {
  return `(${shape.join(', ')})`
}

/** The names of the dynamic lengths in a dimension. */
export function symbolsOf(dim: Dim): string[] {
  return typeof dim === 'number' ? [] : [...new Set([...parse(dim).keys()].flatMap(factorsOf))]
}

/** Terms of a dimension: each a coefficient and the names that are multiplied with it. */
export function termsOf(dim: Dim): { readonly coefficient: number; readonly symbols: readonly string[] }[] {
  return [...parse(dim)].map(([key, coefficient]) => ({ coefficient, symbols: factorsOf(key) }))
}

/** The number that a dimension is when its dynamic lengths have the given values; undefined when one is not given. */
export function evaluateDim(dim: Dim, lengths: ReadonlyMap<string, number>): number | undefined {
  if (typeof dim === 'number') return dim
  let total = 0
  for (const { coefficient, symbols } of termsOf(dim)) {
    let term = coefficient
    for (const symbol of symbols) {
      const length = lengths.get(symbol)
      if (length === undefined) return undefined
      term *= length
    }
    total += term
  }
  return total
}

function factorsOf(key: string): string[] {
  return key === '' ? [] : key.split('*')
}

function parse(dim: Dim): Polynomial {
  if (typeof dim === 'number') return new Map(dim === 0 ? [] : [['', dim]])
  const result = new Map<string, number>()
  const text = dim.replace(/\s*([+*-])\s*/g, '$1')
  if (!/^-?[A-Za-z_0-9*]+([+-][A-Za-z_0-9*]+)*$/.test(text)) throw badDim(dim)
  for (const [term] of text.matchAll(/[+-]?[^+-]+/g)) {
    let coefficient = term.startsWith('-') ? -1 : 1
    const symbols: string[] = []
    for (const factor of term.replace(/^[+-]/, '').split('*')) {
      if (/^\d+$/.test(factor)) coefficient *= Number(factor)
      else if (/^[A-Za-z_]\w*$/.test(factor)) symbols.push(factor)
      else throw badDim(dim)
    }
    const key = symbols.sort().join('*')
    result.set(key, (result.get(key) ?? 0) + coefficient)
  }
  return result
}

function format(polynomial: Polynomial): Dim {
  const terms = [...polynomial].filter(([, coefficient]) => coefficient !== 0)
  if (terms.length === 0) return 0
  if (terms.length === 1 && terms[0]![0] === '') return terms[0]![1]
  terms.sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1)) // the constant stands last
  return terms
    .map(([key, coefficient], i) => {
      const sign = coefficient < 0 ? '-' : i > 0 ? '+' : ''
      const size = Math.abs(coefficient)
      return sign + (key === '' ? `${size}` : size === 1 ? key : `${size}*${key}`)
    })
    .join('')
}

function sum(a: Polynomial, b: Polynomial, sign: 1 | -1): Polynomial {
  const result = new Map(a)
  for (const [key, coefficient] of b) result.set(key, (result.get(key) ?? 0) + sign * coefficient)
  return result
}

function product(a: Polynomial, b: Polynomial): Polynomial {
  const result = new Map<string, number>()
  for (const [left, x] of a) {
    for (const [right, y] of b) {
      const key = [...factorsOf(left), ...factorsOf(right)].sort().join('*')
      result.set(key, (result.get(key) ?? 0) + x * y)
    }
  }
  return result
}

/** The term of the highest degree, among equals the first by name: an order that products keep, so division ends. */
function leadingTerm(polynomial: Polynomial): [string, number] | undefined {
  const degree = (key: string) => factorsOf(key).length
  const before = (a: string, b: string) => degree(a) > degree(b) || (degree(a) === degree(b) && a < b)
  let lead: [string, number] | undefined
  for (const [key, coefficient] of polynomial) {
    if (coefficient !== 0 && (!lead || before(key, lead[0]))) lead = [key, coefficient]
  }
  return lead
}

function divideTerms(a: [string, number], b: [string, number]): [string, number] | undefined {
  if (a[1] % b[1] !== 0) return undefined
  const symbols = factorsOf(a[0])
  for (const symbol of factorsOf(b[0])) {
    const at = symbols.indexOf(symbol)
    if (at < 0) return undefined
    symbols.splice(at, 1)
  }
  return [symbols.join('*'), a[1] / b[1]]
}

function badDim(dim: Dim): AdaptRecError {
  return new AdaptRecError('engine', `'${dim}' is no dimension.`, {
    hint: "Use a whole number >= 0 or a polynomial of named lengths such as 'S', '3*S' or 'P+S'.",
  })
}
