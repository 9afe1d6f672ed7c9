/** @file The page in real Chromium against the real service of a tiny run: the five views, the keyboard, axe, what an operator does with it. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, openWatched, seriousViolations, startChromium } from './support/page-checks.js'
import { servePage } from './support/served-page.js'
import type { ServedRun } from './support/served-run.js'

const run = promisify(execFile)
const hostileTitle = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202eevil "${'x'.repeat(2000)}`
const why = chromiumPath ? '' : ' (skipped: no Chromium on this machine)'

describe.skipIf(!chromiumPath)(`the page in a browser${why}`, { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-web-'))
  let served: ServedRun
  let browser: Browser
  let modelId: string

  beforeAll(async () => {
    served = await servePage(folder)
    const [item] = (await served.store.items({ limit: 1 })).rows
    await served.store.putItems([{ id: 'hostile', title: hostileTitle, categories: [hostileTitle.slice(0, 150)] }])
    const event = { eventType: 'view', userId: 'u1', isSession: false, timestamp: Date.now() }
    await served.store.addEvents([
      { ...event, eventId: 'hostile-1', itemId: 'hostile' },
      { ...event, eventId: 'hostile-2', itemId: item!.id },
    ])
    modelId = (await served.store.models())[0]!.id
    browser = await startChromium()
  }, 600_000)
  afterAll(async () => {
    await browser?.close()
    await served?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }, 120_000)

  const places = () => ({
    '/try': '.ask',
    '/try?user=u1': '.ranking li',
    [`/try?user=u2&vs=${modelId}`]: '.answer + .answer .ranking li',
    '/try?by=history&h=Film+B+(1981)': '.ranking li',
    '/catalogue/items': '.rows li',
    '/catalogue/items/hostile': '.page h2 .title',
    '/catalogue/people/u1': '.events tbody tr',
    '/catalogue/import': 'form',
    '/training': '.models tbody tr',
    [`/training/models/${modelId}`]: '.curve',
    '/training/compare': '.empty',
    '/training/new': 'textarea',
    '/live': '.latest li',
    '/system': '.checks li',
  })

  async function go(page: Page, place: string, until: string): Promise<void> {
    await page.goto('about:blank')
    await page.goto(`${served.url}/#${place}`)
    await page.locator(until).first().waitFor()
    await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  }

  it.each([
    { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
    { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  ] as const)(
    'opens every view without an error, a request to elsewhere, a sideways scroll or a serious finding of axe: $viewport.width, $colorScheme',
    async (device) => {
      const { page, complaints } = await openWatched(browser, served.url, device)
      for (const [place, until] of Object.entries(places())) {
        await go(page, place, until)
        expect(await page.evaluate('document.documentElement.scrollWidth'), place).toBeLessThanOrEqual(
          device.viewport.width,
        )
        expect(await seriousViolations(page), place).toEqual([])
        expect(await page.title(), place).toMatch(/ · AdaptRec$/)
      }
      expect(complaints).toEqual([])
      await page.close()
    },
    600_000,
  )

  it('is small: what the first view loads is below 50 kB, compressed', async () => {
    const { page } = await openWatched(browser, served.url)
    const sizes: Promise<number>[] = []
    page.on('response', (response) => {
      if (/[.](js|css|svg)$|[/]$/.test(new URL(response.url()).pathname))
        sizes.push(response.body().then((body) => gzipSync(body).length))
    })
    await go(page, '/try', '.ask')
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
    expect(sizes.length).toBeGreaterThanOrEqual(3)
    expect(total).toBeLessThan(50_000)
    await page.close()
  })

  it('comes to a recommendation and its reason by the keyboard alone, and says all of it in the address', async () => {
    const { page, complaints } = await openWatched(browser, served.url)
    await go(page, '/try', '.ask')
    const { keyboard } = page
    await keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    await keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await keyboard.press('/')
    await keyboard.type('u12')
    await page.getByRole('option', { name: 'u12' }).waitFor()
    await keyboard.press('ArrowDown')
    await page.locator('[role=option][aria-selected=true]').waitFor()
    await keyboard.press('Enter')
    await page.locator('.ranking li').nth(2).waitFor()
    await keyboard.press('Escape')
    for (const key of ['j', 'j', 'k', 'j']) await keyboard.press(key)
    const focused = "[...document.querySelectorAll('.ranking [data-row]')].indexOf(document.activeElement)"
    expect(await page.evaluate(focused)).toBe(1)
    await keyboard.press('Enter')
    const reason = page.getByRole('region', { name: /^Why / })
    await reason.waitFor()
    const title = await reason.locator('h3').textContent()
    expect(page.url()).toMatch(/#\/try\?user=u12&item=/)

    const again = await openWatched(browser, served.url)
    await again.page.goto(page.url())
    await again.page.getByRole('region', { name: `Why ${title}` }).waitFor()
    await again.page.close()

    await keyboard.press('Escape')
    await reason.waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
    await page.close()
  })

  it('keeps the colours that were chosen', async () => {
    const { page } = await openWatched(browser, served.url, { colorScheme: 'light' })
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    await go(page, '/try', '.ask')
    const light = await paper()
    await page.getByRole('button', { name: 'Colours: system' }).click()
    await page.getByRole('button', { name: 'Colours: light' }).click()
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor()
    const dark = await paper()
    expect(dark).not.toBe(light)
    await go(page, '/live', 'h1')
    expect(await paper()).toBe(dark)
    await page.close()
  })

  it('shows a title that is markup as text', async () => {
    const { page, complaints } = await openWatched(browser, served.url)
    await go(page, '/catalogue/items/hostile', '.page h2 .title')
    expect(await page.locator('.page h2').textContent()).toContain('<img src=x onerror=')
    await go(page, '/try?user=u1', '.ranking li')
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(await page.title()).toBe('Try · AdaptRec')
    expect(complaints).toEqual([])
    await page.close()
  })

  it('hides an item from answers, under the version that was read', async () => {
    const { page } = await openWatched(browser, served.url)
    const answer = async () => {
      await go(page, '/try?user=u3&count=50', '.ranking li')
      return page.locator('.ranking .what > .title').allTextContents()
    }
    const [first] = await answer()
    await page.locator('.ranking [data-row]').first().click()
    await page.getByRole('link', { name: 'Item page' }).click()
    const toggle = page.getByRole('switch', { name: 'Shown in answers' })
    await toggle.waitFor()
    const itemId = decodeURIComponent(page.url().split('/').at(-1)!)
    await served.store.patchItem(itemId, { categories: ['changed meanwhile'] })
    await toggle.click()
    await page.getByRole('alert').waitFor() // somebody else changed it: nothing is overwritten
    await toggle.click()
    await page.getByRole('switch', { name: 'Hidden from answers' }).waitFor()
    expect(await answer()).not.toContain(first)
    await page.getByRole('link', { name: 'Catalogue' }).click()
    await page.locator('select').selectOption('false')
    await page.locator('.rows .tag', { hasText: 'hidden' }).waitFor()
    await page.close()
  })

  it('copies a call as TypeScript and as curl that run as they are', async () => {
    const { page } = await openWatched(browser, served.url, { permissions: ['clipboard-read', 'clipboard-write'] })
    await go(page, '/try?user=u4&count=5', '.ranking li')
    const titles = await page.locator('.ranking .what > .title').allTextContents()
    const copied = async (as: string) => {
      await page.getByRole('button', { name: `Copy POST /v1/recommendations as ${as}` }).click()
      await page
        .getByRole('status')
        .filter({ hasText: `Copied as ${as}` })
        .waitFor({ state: 'attached' })
      return page.evaluate('navigator.clipboard.readText()') as Promise<string>
    }
    const script = (await copied('TypeScript')).replace(
      'console.log(await response.json())',
      'console.log(await response.text())',
    )
    const [byNode, byCurl] = await Promise.all([
      run(process.execPath, ['--input-type=module', '--eval', script]),
      run('sh', ['-c', await copied('curl')]),
    ])
    for (const { stdout } of [byNode, byCurl]) {
      const { items } = JSON.parse(stdout) as { items: { item: { title: string } }[] }
      expect(items.map(({ item }) => item.title)).toEqual(titles)
    }
    await page.close()
  })

  it('keeps scroll and selection through live refreshes', async () => {
    const { page } = await openWatched(browser, served.url, { viewport: { width: 900, height: 500 } })
    await go(page, '/live', '.latest li')
    await page.locator('.latest [data-row]').last().focus()
    await page.evaluate("document.activeElement.dataset.mine = 'yes'")
    const before = await page.evaluate('scrollY')
    for (let i = 0; i < 2; i++) await page.waitForResponse(/v1\/live/)
    await page.waitForTimeout(200)
    expect(await page.evaluate('document.activeElement.dataset.mine')).toBe('yes')
    expect(await page.evaluate('scrollY')).toBe(before)
    expect(before).toBeGreaterThan(0)
    await page.close()
  })

  it('watches a training from its start to its promotion, and compares the two models', async () => {
    const { page, complaints } = await openWatched(browser, served.url)
    await go(page, '/training/new', 'textarea')
    await page.getByLabel('Settings that differ').fill('{ "seed": 2 }')
    await page.getByLabel('Evaluate it').uncheck()
    await page.getByRole('button', { name: 'Start the training' }).click()
    await page.locator('.tag', { hasText: 'running' }).waitFor()
    await page.locator('.curve .uplot').first().waitFor({ timeout: 600_000 })
    await page.getByRole('link', { name: 'Open the new model' }).click({ timeout: 600_000 })
    await page.locator('h2 .tag', { hasText: 'retired' }).waitFor()
    await page.getByRole('button', { name: /^Set live/ }).click()
    await page.locator('h2 .tag', { hasText: 'live' }).waitFor()
    expect((await served.store.model(modelId))?.state).toBe('retired')
    const made = (await served.store.models()).find(({ id }) => id !== modelId)!
    await served.store.patchModel(made.id, { metrics: (await served.store.model(modelId))!.metrics })
    await go(page, '/training/compare', '.metrics tbody tr')
    expect(await page.locator('.metrics').textContent()).toContain('intervals overlap')
    await page.locator('.two-columns .curve').nth(1).waitFor()
    expect(complaints).toEqual([])
    await page.close()
  }, 1_300_000)

  it('looks at an import before it is made, and names the bad row', async () => {
    const { page, complaints } = await openWatched(browser, served.url)
    const rows = [
      { id: 'fresh', title: 'Fresh (2026)' },
      { id: '', title: 'No id' },
    ]
    writeFileSync(join(folder, 'store/imports/items.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    await go(page, '/catalogue/import', 'form')
    await page.getByLabel('Path on the server').fill('items.jsonl')
    await page.getByRole('button', { name: 'Dry run' }).click()
    const bad = page.getByRole('table', { name: 'errors' }).getByRole('row').nth(1)
    expect(await bad.textContent()).toMatch(/items\.jsonl2id: /)
    expect(await served.store.item('fresh')).toBeUndefined()
    await page.getByRole('button', { name: 'Import it now' }).click()
    await page.getByRole('heading', { name: 'Import', exact: true, level: 2 }).waitFor()
    await page.locator('.outcome').waitFor()
    expect((await served.store.item('fresh'))?.title).toBe('Fresh (2026)')
    expect(complaints).toEqual([])
    await page.close()
  })

  it('erases a user after asking, and shows what is left behind', async () => {
    const { page } = await openWatched(browser, served.url)
    await go(page, '/catalogue/people/u5', '.events tbody tr')
    await page.getByRole('button', { name: 'Erase…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click()
    await page.locator('.jobs .outcome').waitFor()
    expect(await served.store.user('u5')).toBeUndefined()
    await page.close()
  })

  it('makes a key, shows its secret once, and asks for it from then on', async () => {
    const { page } = await openWatched(browser, served.url)
    await go(page, '/system', '.checks li')
    await page.getByLabel('Name of a new key').fill('operator')
    await page.getByLabel('admin').check()
    await page.getByRole('button', { name: 'Make a key' }).click()
    const secret = (await page.locator('.secret').textContent())!
    await page.getByRole('button', { name: 'I have it' }).click()
    await page.getByRole('rowheader', { name: 'operator' }).waitFor()
    await page.getByRole('button', { name: 'Key: set' }).click()
    await page.getByRole('button', { name: 'Forget it' }).click()
    await page.getByRole('dialog', { name: 'This service asks for a key' }).waitFor({ timeout: 15_000 })
    await page.getByLabel('Key', { exact: true }).fill(secret)
    await page.getByRole('button', { name: 'Use this key' }).click()
    await page.getByRole('rowheader', { name: 'operator' }).waitFor()
    await page.locator('.problem').first().waitFor({ state: 'detached' })
    expect(await page.content()).not.toContain(secret)
    await page.close()

    expect((await fetch(served.url)).status).toBe(401)
    const withPassword = { httpCredentials: { username: 'key', password: secret } }
    const { page: other } = await openWatched(browser, served.url, withPassword)
    await go(other, '/system', '.checks li')
    await other.close()
  })
})
