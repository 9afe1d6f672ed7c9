/** @file The documents keep their word: short lines, and every file, heading and npm script that they name exists. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
/** Documents that are not held to this yet. Take a name out once its document is. */
const notYet: readonly string[] = []
const LONGEST_LINE = 160

const underDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .map((name) => join('docs', name).replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.md') && !name.startsWith('docs/api/')) // which npm run docs makes
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...underDocs].filter(
  (name) => !notYet.includes(name),
)
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const read = (document: string) => readFileSync(join(root, document), 'utf8')

/** Targets of Markdown links that stay in the repository, from the root, with the fragment of a heading where there is one. */
function links(document: string): { readonly path: string; readonly fragment: string | undefined }[] {
  return [...read(document).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(([, path, fragment]) => ({
    path: path === '' ? document : join(dirname(document), path!),
    fragment,
  }))
}

/** Files and folders that are named by their path from the root, anywhere, or in code by their path from the root or from src. */
function paths(document: string): string[] {
  const text = read(document)
  const fromRoot = text.matchAll(/(?<![\w./-])((?:src|docs|bench|test|kernels|scripts)\/[\w./-]*\w)/g)
  const inCode = text.matchAll(/`([a-z][\w-]*\/[\w./-]*\.(?:ts|mjs|md|py|yaml))`/g)
  return [...fromRoot, ...inCode].map(([, path]) => path!).filter((path) => path !== 'docs/api')
}

/** Names of npm scripts that a document tells its reader to run. */
function scriptNames(document: string): string[] {
  return [...read(document).matchAll(/npm run (?:--silent )?([a-z][\w-]*)/g)].map(([, name]) => name!)
}

/** The fragments of a document's headings, as GitHub makes them. */
function fragments(document: string): string[] {
  return [...read(document).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('the documents', () => {
  it('are found, and name links, paths and scripts that can be checked', () => {
    expect(documents.length).toBeGreaterThan(20)
    for (const named of [links, paths, scriptNames]) {
      expect(documents.flatMap((document): unknown[] => named(document)).length).toBeGreaterThan(5)
    }
  })

  it.each(documents)('%s has no line of more than 160 characters', (document) => {
    const lines = read(document).split('\n')
    const long = lines.flatMap((line, i) => (line.length > LONGEST_LINE ? [`line ${i + 1}: ${line.length}`] : []))
    expect(long).toEqual([])
  })

  it.each(documents)('%s links to files and headings that exist', (document) => {
    const dead = links(document).filter(({ path, fragment }) => {
      if (!existsSync(join(root, path))) return true
      return fragment !== undefined && !fragments(path).includes(fragment)
    })
    expect(dead).toEqual([])
  })

  it.each(documents)('%s names only paths that exist', (document) => {
    expect(paths(document).filter((path) => !['', 'src'].some((from) => existsSync(join(root, from, path))))).toEqual(
      [],
    )
  })

  it.each(documents)('%s names only npm scripts that exist', (document) => {
    expect(scriptNames(document).filter((name) => scripts[name] === undefined)).toEqual([])
  })
})
