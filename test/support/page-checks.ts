/** @file What tests of a page in Chromium share: where the browser is, a page that keeps its complaints, and the check of axe. */

import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

const places = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
] as const

/** How long a page may take where many share a machine. */
const PATIENCE_MS = 90_000

/** The browser of this machine; undefined where there is none. */
export const chromiumPath: string | undefined = places.find((path) => path !== undefined && existsSync(path))

/** Starts it without a window and without calls of its own. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath!,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  })
}

/** A page, with what its console complained of and what it asked of other places than `origin`. */
export interface WatchedPage {
  readonly page: Page
  readonly complaints: string[]
}

/** A new page of its own session that keeps errors, warnings and requests to elsewhere. */
export async function openWatched(
  browser: Browser,
  origin: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<WatchedPage> {
  const page = await browser.newPage(options)
  page.setDefaultTimeout(PATIENCE_MS)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`request to ${request.url()}`)
  })
  return { page, complaints }
}

/** Violations of WCAG A and AA that axe calls serious or critical: rule, and the elements that break it. */
export async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(
    ({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html, any }) =>
        html.slice(0, 160) + ' ' + (any[0]?.message ?? '')).join(' | ')))`)
}
