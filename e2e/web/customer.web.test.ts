import type { ApiClient } from '@corridor/embedded'
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiOf, siteUrl, Visitor } from './visitor.ts'

describe('a customer', () => {
  let visitor: Visitor
  let api: ApiClient

  const dialog = (name: string | RegExp): Locator => visitor.page.getByRole('dialog', { name })

  beforeAll(async () => {
    visitor = await Visitor.arrives()
    api = await apiOf('customer1')
  })

  afterAll(async () => {
    await visitor.leaves()
    await api.close()
  })

  it('arrives at a page that says what this is, and signs in', async () => {
    const { page } = visitor
    await page.goto(siteUrl())
    await page.getByRole('heading', { level: 1 }).waitFor()
    await visitor.looksAt('welcome')
    await visitor.signsIn('customer1')
    await page.getByRole('heading', { level: 1, name: 'Wallets' }).waitFor()
  })

  it('opens wallets, and deposits into one, whose balance follows', async () => {
    const { page } = visitor
    await visitor.looksAt('wallets-empty')
    await openWallet('USD', 'Everyday')
    await openWallet('EUR', 'Travel')
    await page.getByRole('link', { name: 'Everyday' }).click()
    await page.getByRole('button', { name: 'Deposit' }).click()
    const deposit = dialog(/^Deposit/)
    await deposit.getByLabel('Amount').fill('12.345')
    await deposit.getByRole('button', { name: 'Deposit' }).click()
    await deposit.getByText('at most 2 digits after the decimal point').waitFor()
    await deposit.getByLabel('Amount').fill('1,500')
    await deposit.getByRole('button', { name: 'Deposit' }).click()
    await deposit.getByText('It has arrived.').waitFor()
    await deposit.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('region', { name: 'Balance' }).getByText('$1,500.00').waitFor()
    await page.getByRole('row', { name: /Deposit to Everyday.*Completed.*\$1,500\.00/ }).waitFor()
    await visitor.looksAt('wallet')
  })

  it('withdraws a part of it', async () => {
    const { page } = visitor
    await page.getByRole('button', { name: 'Withdraw' }).click()
    await dialog(/^Withdraw/)
      .getByLabel('Amount')
      .fill('100')
    await dialog(/^Withdraw/)
      .getByRole('button', { name: 'Withdraw' })
      .click()
    await dialog(/^Withdraw/)
      .getByText('It has arrived.')
      .waitFor()
    await dialog(/^Withdraw/)
      .getByRole('button', { name: 'Done' })
      .click()
    await page.getByRole('region', { name: 'Balance' }).getByText('$1,400.00').waitFor()
  })

  it('downloads a statement', async () => {
    const { page } = visitor
    await page.getByRole('button', { name: 'Statement' }).click()
    await dialog(/^Statement/)
      .getByLabel('Format')
      .selectOption('CSV')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog(/^Statement/)
        .getByRole('button', { name: 'Download' })
        .click(),
    ])
    expect(await download.failure()).toBeNull()
    expect(download.suggestedFilename()).toMatch(/\.csv$/)
  })

  it('sends money in one page: types what leaves or what arrives, sees the offer, and watches it arrive', async () => {
    const { page } = visitor
    await visitor.opens('Send money')
    await page.getByLabel('From').selectOption({ label: 'Everyday · $1,400.00 available' })
    await page.getByLabel('To', { exact: true }).selectOption({ label: 'Travel' })
    await page.getByLabel('You send').fill('200')
    const offer = page.getByRole('region', { name: 'Your offer' })
    await offer.getByText('$201.00', { exact: true }).waitFor()
    await offer.getByText('$1.00', { exact: true }).waitFor()
    await offer.getByText(/1 USD = 0\.\d+ EUR/).waitFor()
    await offer.getByRole('timer').waitFor()
    expect(await page.getByLabel('They receive').inputValue()).toMatch(/^1\d\d\.\d\d$/)
    await visitor.looksAt('send')

    await page.getByLabel('They receive').fill('50')
    await offer.getByText('€50.00').waitFor()
    expect(await page.getByLabel('You send').inputValue()).toMatch(/^5\d\.\d\d$/)
    const before = await paymentCount()
    await offer.getByRole('button', { name: /^Send \$5\d\.\d\d$/ }).dblclick()
    await page.getByText('It has arrived.').waitFor()
    expect(await paymentCount(), 'a double click pays once').toBe(before + 1)
    await visitor.looksAt('sent')
  })

  it('reads all about the payment', async () => {
    const { page } = visitor
    await page.getByRole('link', { name: 'All about this payment' }).click()
    await page.getByRole('heading', { level: 1, name: 'Transfer' }).waitFor()
    await page.getByRole('region', { name: 'What it is' }).getByText('€50.00').waitFor()
    await page.getByRole('region', { name: 'Checks' }).getByText('Our checks let it through.').waitFor()
    const happened = page.getByRole('region', { name: 'What happened' })
    expect(await happened.getByText('Completed').count()).toBe(1)
    expect(await page.getByRole('table', { name: 'Movements in the books' }).getByRole('row').count()).toBe(4)
    await visitor.looksAt('payment')
  })

  it('finds payments by what they are', async () => {
    const { page } = visitor
    await visitor.opens('Payments')
    const table = page.getByRole('table', { name: 'Payments, newest first' })
    await table.getByRole('link', { name: 'Everyday to Travel' }).waitFor()
    await visitor.looksAt('payments')
    await page.getByLabel('Kind').selectOption('Deposit')
    await table.getByRole('link', { name: 'Everyday to Travel' }).waitFor({ state: 'detached' })
    expect(await table.getByRole('row').count()).toBe(2)
    await page.getByLabel('State').selectOption('Failed')
    await page.getByText('No payment fits this filter.').waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await table.getByRole('link', { name: 'Everyday to Travel' }).waitFor()
  })

  it('keeps recipients, and sends to one', async () => {
    const { page } = visitor
    await visitor.opens('Recipients')
    await visitor.looksAt('recipients-empty')
    await page.getByRole('button', { name: 'Add a recipient', exact: true }).click()
    const add = dialog('Add a recipient')
    await add.getByRole('button', { name: 'Add' }).click()
    await add.getByText('Enter the name.').waitFor()
    await add.getByLabel('Name').fill('Grace Hopper')
    await add.getByLabel('Account number or IBAN').fill('DE89370400440532013000')
    await add.getByLabel('Bank', { exact: true }).fill('Commerzbank')
    await add.getByLabel('Country').selectOption('DE')
    await add.getByLabel('Currency').selectOption('EUR')
    await add.getByRole('button', { name: 'Add' }).click()
    await page.getByRole('row', { name: /Grace Hopper.*3000.*Germany/ }).waitFor()
    await visitor.looksAt('recipients')
    await page.getByRole('main').getByRole('link', { name: 'Send money' }).click()
    await page.getByLabel('To', { exact: true }).selectOption({ label: 'Grace Hopper · EUR' })
    await page.getByLabel('They receive').fill('20')
    await page.getByRole('button', { name: /^Send \$2\d\.\d\d$/ }).click()
    await page.getByText('It has arrived.').waitFor()
  })

  it('sees rates move, on a board and as candles', async () => {
    const { page } = visitor
    await visitor.opens('Rates')
    const row = page.getByRole('row', { name: /EUR \/ USD/ })
    const first = await row.getByRole('strong').textContent()
    await expect.poll(() => row.getByRole('strong').textContent(), { timeout: 30_000 }).not.toBe(first)
    await page.getByLabel('Find a currency').fill('rupee')
    await page.getByRole('row', { name: /USD \/ INR/ }).waitFor()
    await row.waitFor({ state: 'detached' })
    await visitor.looksAt('rates')
    await page.getByLabel('Find a currency').fill('')
    await row.getByRole('link').click()
    await page.getByRole('img', { name: /^EUR \/ USD, the last 1 hour\. From .* at least / }).waitFor()
    await visitor.looksAt('rate')
  })

  it('sees profile, verification and limits, and changes the details', async () => {
    const { page } = visitor
    await visitor.opens('Profile')
    await page.getByRole('region', { name: 'Limits' }).getByText('Per day').waitFor()
    await page.getByRole('region', { name: 'Verification' }).getByText('Level Basic').waitFor()
    await visitor.looksAt('profile')
    await page.getByLabel('Family name').fill('Byron')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Your details are saved.').waitFor()
    await page.reload()
    await expect.poll(() => page.getByLabel('Family name').inputValue(), { timeout: 30_000 }).toBe('Byron')
  })

  it('registers a webhook, whose secret is shown once', async () => {
    const { page } = visitor
    await visitor.opens('Webhooks')
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    const add = dialog('Add a webhook')
    await add.getByLabel('Address').fill('https://hooks.example.com/corridor')
    await add.getByLabel('Completed').check()
    await add.getByRole('button', { name: 'Add webhook' }).click()
    await dialog('Keep this secret')
      .getByText(/^whsec_/)
      .waitFor()
    await dialog('Keep this secret').getByRole('button', { name: 'Done' }).click()
    const hook = page.getByRole('article', { name: 'https://hooks.example.com/corridor' })
    await hook.getByRole('button', { name: 'Show deliveries' }).click()
    await hook.getByText('Nothing was sent to it yet.').waitFor()
    await visitor.looksAt('webhooks')
    await hook.getByRole('button', { name: 'Remove' }).click()
    await dialog('Remove this webhook?').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('No webhooks yet').waitFor()
  })

  it('signs out, and what was typed is gone', async () => {
    const { page } = visitor
    await visitor.opens('Send money')
    await page.getByLabel('Reference').fill('a secret')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign out' }).waitFor() // The identity server asks once more.
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('secret')
  })

  it('has seen no error of the page, and nothing that the policy had to keep out', () => {
    expect(visitor.errors).toEqual([])
  })

  async function openWallet(currency: string, name: string): Promise<void> {
    const { page } = visitor
    await page.getByRole('button', { name: 'Open a wallet' }).click()
    const open = dialog('Open a wallet')
    await open.getByLabel('Currency').selectOption(currency)
    await open.getByLabel('Name').fill(name)
    await open.getByRole('button', { name: 'Open wallet' }).click()
    await page.getByRole('article', { name }).waitFor()
  }

  async function paymentCount(): Promise<number> {
    const { payments } = await api.request<{ payments: { edges: unknown[] } }>(
      '{ payments(first: 100) { edges { node { id } } } }',
    )
    return payments.edges.length
  }
})
