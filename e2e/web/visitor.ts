import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { ApiClient, fetchToken } from '@corridor/embedded'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect, inject } from 'vitest'
import { launchChromium } from './chromium.ts'

const WIDE = { width: 1280, height: 860 }
const NARROW = { width: 390, height: 844 }
const SCHEMES = ['light', 'dark'] as const
/** WCAG 2.2 up to AA, and what axe knows beside it. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const SCREENSHOTS = join(import.meta.dirname, 'screenshots')
const WAIT_MS = 30_000

/** Where the app is served. */
export const siteUrl = (): string => new URL(inject('graphqlUrl')).origin

/** A client of the API itself, to look behind what is shown. */
export const apiOf = async (username: string): Promise<ApiClient> =>
  new ApiClient(inject('graphqlUrl'), await fetchToken(inject('tokenUrl'), username))

/** Somebody before the screen, with a browser of his own. Whatever the page writes to the console as an error is kept. */
export class Visitor {
  readonly errors: string[] = []

  private constructor(
    readonly browser: Browser,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.errors.push(error.message))
    page.on('console', (message) => {
      const { url } = message.location()
      // The identity server's pages are not ours to judge.
      if (message.type() === 'error' && url.startsWith(siteUrl())) this.errors.push(`${message.text()} ${url}`)
    })
  }

  static async arrives(): Promise<Visitor> {
    const browser = await launchChromium()
    const context = await browser.newContext({ viewport: WIDE, locale: 'en-US', reducedMotion: 'reduce' })
    context.setDefaultTimeout(WAIT_MS)
    return new Visitor(browser, context, await context.newPage())
  }

  /** Signs in by the form of the identity server; a seeded user's password is his name. */
  async signsIn(username: string, path = '/'): Promise<void> {
    const { page } = this
    await page.goto(`${siteUrl()}${path}`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('User name').fill(username)
    await page.getByLabel('Password').fill(username)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
  }

  /** Opens a page of the app by its navigation. */
  async opens(name: string): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
    await this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
    const current = this.page.getByRole('navigation').locator('[aria-current="page"]')
    expect(await current.allTextContents(), 'where one is').toEqual([name])
  }

  /**
   * Looks at what is shown: light and dark, wide and narrow, each kept as a picture; axe finds nothing, light or dark.
   *
   * @param foreign selects a part that a library draws, which axe leaves out.
   */
  async looksAt(name: string, { foreign }: { foreign?: string } = {}): Promise<void> {
    const { page } = this
    mkdirSync(SCREENSHOTS, { recursive: true })
    await page
      .getByRole('status')
      .filter({ hasText: /^Loading/ })
      .waitFor({ state: 'detached' })
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme })
      for (const [size, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
        await page.setViewportSize(viewport)
        await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}-${size}.png`), fullPage: true })
        expect(await this.overflow('html'), `${name}, ${size}: wider than the screen`).toBeLessThanOrEqual(0)
        if (foreign !== undefined) expect(await this.overflow(foreign), `${foreign}, ${size}`).toBeLessThanOrEqual(0)
      }
      // Light is judged narrow and dark wide: layout has no colours, and colours no layout.
      if (colorScheme === 'dark') await page.setViewportSize(WIDE)
      expect(await this.violations(foreign), `${name}, ${colorScheme}`).toEqual([])
      await page.setViewportSize(WIDE)
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }

  /** By how many pixels what is in an element is wider than it. */
  private overflow(selector: string): Promise<number> {
    const element = `document.querySelector(${JSON.stringify(selector)})`
    return this.page.evaluate<number>(`${element}.scrollWidth - ${element}.clientWidth`)
  }

  private async violations(foreign?: string): Promise<string[]> {
    const axe = new AxeBuilder({ page: this.page }).withTags(RULES)
    const { violations } = await (foreign === undefined ? axe : axe.exclude(foreign)).analyze()
    return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html).join(' ')})`)
  }

  async leaves(): Promise<void> {
    await this.browser.close()
  }
}
