import { type Browser, chromium, type Page } from 'playwright-core'

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium'
const BYTES_PER_KB = 1_024

/**
 * Notes in the page, so that no round trip is measured: when it was clicked last, when a payment was said to have arrived,
 * and when there were a button and two balances.
 */
const STOPWATCH = `
  addEventListener('click', () => { window.clickedAt = performance.now(); window.arrivedAt = undefined }, true)
  new MutationObserver(() => {
    if (window.arrivedAt === undefined && document.body?.innerText.includes('It has arrived.')) {
      window.arrivedAt = performance.now()
    }
    if (document.querySelector('main button') && document.querySelectorAll('article .figure strong').length > 1) {
      window.interactiveAt ??= performance.now()
    }
  }).observe(document, { childList: true, subtree: true, characterData: true })
`

const SCRIPT_BYTES = `performance.getEntriesByType('resource')
  .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`
/** One tab of a Chromium without a window, whose cache is off: every load is a first one. */
export class Tab {
  private readonly browser: Browser
  private readonly page: Page
  private readonly origin: string

  private constructor(browser: Browser, page: Page, origin: string) {
    this.browser = browser
    this.page = page
    this.origin = origin
  }

  static async open(origin: string): Promise<Tab> {
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const browser = await chromium.launch({ executablePath: EXECUTABLE, args })
    const page = await browser.newPage()
    const session = await page.context().newCDPSession(page)
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    await page.addInitScript(STOPWATCH)
    return new Tab(browser, page, origin)
  }

  async signIn(username: string): Promise<void> {
    const { page } = this
    await page.goto(this.origin)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('User name').fill(username)
    await page.getByLabel('Password').fill(username)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('article', { name: 'From' }).waitFor()
  }

  /** Compressed JavaScript, in KB of 1,024 bytes, that the page of now has loaded. */
  async scriptKb(): Promise<number> {
    return (await this.page.evaluate<number>(SCRIPT_BYTES)) / BYTES_PER_KB
  }

  /** Milliseconds from the start of the navigation until wallets stand there with their balances and buttons. */
  async load(path: string): Promise<number> {
    await this.page.goto(`${this.origin}${path}`, { waitUntil: 'commit' })
    await this.page.locator('article .figure strong').nth(1).waitFor()
    return this.page.evaluate<number>('window.interactiveAt')
  }

  /** The same for a page that shows nothing: what the browser and the server take in any case. */
  async loadEmpty(): Promise<number> {
    await this.page.goto(`${this.origin}/health`)
    return this.page.evaluate(() => performance.now())
  }

  /** Sends a payment; milliseconds from the click until the page says that it has arrived. */
  async send(): Promise<number> {
    const { page } = this
    if (new URL(page.url()).pathname !== '/send') await page.goto(`${this.origin}/send`)
    else await page.getByRole('button', { name: 'Send another' }).click()
    const from = page.getByLabel('From')
    await from.selectOption(await from.locator('option', { hasText: /^From/ }).getAttribute('value'))
    await page.getByLabel('To', { exact: true }).selectOption({ label: 'To' })
    await page.getByLabel('You send').fill('5')
    await page.getByRole('button', { name: /^Send \$/ }).click()
    await page.getByText('It has arrived.').waitFor()
    return page.evaluate<number>('window.arrivedAt - window.clickedAt')
  }

  async close(): Promise<void> {
    await this.browser.close()
  }
}
