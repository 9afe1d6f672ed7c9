/**
 * @file Makes the picture of a report that the README shows: `node scripts/picture-of-report.mjs runs/quickstart/report.html`. Needs
 * Chromium (Debian's, or the path in CHROMIUM_PATH). Shows the page from its headline to the methods of the table.
 */

import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const [report, picture = 'docs/report.png'] = process.argv.slice(2)
if (!report)
  throw new Error('Name the report: node scripts/picture-of-report.mjs runs/quickstart/report.html [docs/report.png]')

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme: 'light' })
  await page.goto(pathToFileURL(resolve(report)).href)
  const methods = await page.locator('table.results tbody').first().boundingBox()
  mkdirSync(resolve(picture, '..'), { recursive: true })
  const clip = { x: 0, y: 0, width: 1200, height: Math.ceil(methods.y + methods.height + 16) }
  await page.screenshot({ path: picture, fullPage: true, clip })
} finally {
  await browser.close()
}
