import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { syntheticInput } from '../../test/support/synthetic-evaluation.js'
import { evaluate } from '../evaluation/index.js'
import { Html, html } from './html.js'
import { renderPage } from './page.js'

const hostileTitle = `<img src=x onerror="document.title='owned'"></bdi><script>document.title='owned'</script>\u202eevil &amp; "quoted"`
const hostile = () => {
  const input = syntheticInput({ rows: 40, hostileTitle })
  const [first, ...rest] = input.methods
  const renamed = { ...first!, name: hostileTitle, description: hostileTitle }
  return evaluate({
    ...input,
    methods: [renamed, ...rest],
    comparisons: [[hostileTitle, 'SASRec']],
    training: { [hostileTitle]: input.training!.adaptive! },
    warnings: [hostileTitle],
    settings: { [hostileTitle]: hostileTitle },
  })
}
const browser = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path))

describe('the report', () => {
  it('is the same text for the same result', () => {
    const result = evaluate(syntheticInput({ rows: 40 }))
    expect(renderPage(result, { date: '2026-01-01' })).toBe(renderPage(result, { date: '2026-01-01' }))
  })

  it('holds no script, no reference to elsewhere and no unescaped title', () => {
    const page = renderPage(hostile())
    expect(page).not.toMatch(/<script|<img|<iframe|<object|\bsrc="|url\(|@import/i)
    expect(page.match(/(?:href|xlink:href)="(?!#|data:,")/g)).toBeNull()
    expect(page).toContain('&lt;img src=x onerror=')
  })

  it('leaves out what was not measured', () => {
    const { training: _, rounds: __, ...input } = syntheticInput({ rows: 40 })
    const page = renderPage(evaluate({ ...input, examples: [], comparisons: [], stages: [] }))
    for (const id of ['training', 'adaptation', 'examples', 'comparisons']) expect(page).not.toContain(`id="${id}"`)
    expect(page).toContain('No two methods were compared')
    expect(page).not.toMatch(/undefined|NaN|Infinity/)
  })

  it('labels every method of the chart in full, so that no two labels are the same', () => {
    const names = [
      'adaptive, LLM alone',
      'adaptive, LLM alone, another’s history',
      'adaptive, LLM alone, strangers shown',
    ]
    const input = syntheticInput({ rows: 40 })
    const methods = names.map((name, i) => ({ ...input.methods[i]!, name }))
    const page = renderPage(evaluate({ ...input, methods, comparisons: [] }))
    const [wide, narrow] = [...page.matchAll(/<div class="(?:wide|narrow)"[^>]*>(<svg.*?<\/svg>)/gs)].map(([, svg]) =>
      svg!.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' '),
    )
    for (const name of names) {
      expect(wide).toContain(name)
      expect(narrow).toContain(name)
    }
    expect(wide).not.toContain('…')
  })

  it('tells a probe of a method beside that method, other probes beside guessing, and settings as they are written', () => {
    const input = syntheticInput({ rows: 40 })
    const [own, ...rest] = input.methods
    const probe = { ...own!, name: `${own!.name}, strangers shown`, kind: 'probe' as const }
    const settings = { 'training.learningRate': 0.0004 }
    const page = renderPage(evaluate({ ...input, settings, methods: [own!, ...rest, probe] }))
    const told = page.slice(page.indexOf('id="probes"'))
    expect(told).toMatch(new RegExp(`HR@1 is \\.\\d+; ${own!.name} as it is has \\.\\d+`))
    expect(told).toContain('no more than guessing')
    expect(told).toContain('<code>training.learningRate</code>')
  })

  it('names five shared titles of a user and counts the others', () => {
    const { examples, ...input } = syntheticInput({ rows: 40 })
    const [example] = examples
    const shared = Array.from({ length: 44 }, (_, i) => `Shared title ${i + 1}`)
    const retrieved = example!.retrieved.slice(0, 1).map((user) => ({ ...user, shared }))
    const page = renderPage(evaluate({ ...input, examples: [{ ...example!, retrieved }] }))
    expect(page.match(/Shared title \d+/g)).toEqual(shared.slice(0, 5))
    expect(page).toContain(' and 39 more.')
  })

  it('folds every example but the first', () => {
    const page = renderPage(evaluate(syntheticInput({ rows: 40 })))
    expect(page.match(/<article class="example"/g)).toHaveLength(2)
    expect(page.match(/<details class="folded"><summary>Test user 2: What came next stands 4th of 20\./g)).toHaveLength(
      1,
    )
  })

  it('shows a training of two steps beside one of many over the part that is done', () => {
    const input = syntheticInput({ rows: 40 })
    const training = { long: input.training!.adaptive!, short: input.training!.adaptive!.slice(0, 3) }
    const page = renderPage(evaluate({ ...input, training }))
    expect(page).toContain('<span class="muted">48 steps</span>')
    expect(page).toContain('<span class="muted">2 steps</span>')
    expect(page).toContain('>100%</')
  })

  it('escapes every value of a template but markup made by the template itself', () => {
    expect(html`<i title="${`"'<>&`}">${['a', html`<b>${'<'}</b>`, undefined, 3]}</i>`).toEqual(
      new Html('<i title="&quot;&#39;&lt;&gt;&amp;">a<b>&lt;</b>3</i>'),
    )
  })

  it.skipIf(!browser)(
    `opens in a browser without an error, a request or a sideways scroll${browser ? '' : ' (skipped: no Chromium on this machine)'}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'adaptrec-report-'))
      const path = join(folder, 'report.html')
      writeFileSync(path, renderPage(hostile(), { date: '2026-01-01' }))
      const chrome = await chromium.launch({ executablePath: browser!, args: browserArguments })
      try {
        for (const viewport of [
          { width: 1280, height: 900 },
          { width: 390, height: 844 },
        ]) {
          const page = await chrome.newPage({ viewport })
          const complaints: string[] = []
          const requests: string[] = []
          page.on('console', (message) => complaints.push(message.text()))
          page.on('pageerror', (error) => complaints.push(String(error)))
          page.on('request', (request) => requests.push(request.url()))
          await page.goto(pathToFileURL(path).href)
          expect(complaints).toEqual([])
          expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([pathToFileURL(path).href])
          expect(await page.title()).toBe('AdaptRec on Synthetic-100K')
          expect(await page.locator('img, script').count()).toBe(0)
          expect(await page.locator('.titles bdi').first().textContent()).toMatch(/^(<img src=x|The )/)
          expect(await page.getByText(hostileTitle).count()).toBeGreaterThan(0)
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width)
          if (viewport.width < 500) expect(await page.evaluate(tablesThatScroll), 'tables that scroll').toEqual([])
          await page.close()
        }
      } finally {
        await chrome.close()
        rmSync(folder, { recursive: true })
      }
    },
  )
})

const tablesThatScroll = `[...document.querySelectorAll('.scroll')]
  .filter((region) => region.scrollWidth > region.clientWidth + 1).map((region) => region.ariaLabel)`
const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
