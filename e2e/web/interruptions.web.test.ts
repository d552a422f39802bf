import type { ApiClient } from '@corridor/embedded'
import type { WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiOf, Visitor } from './visitor.ts'

const LOST = 4999
const SESSION_KEY = /^oidc\.user:/

describe('when something comes in between', () => {
  let visitor: Visitor
  let api: ApiClient
  let walletId: string
  const sockets = new Set<WebSocketRoute>()
  let isReachable = true

  beforeAll(async () => {
    api = await apiOf('customer2')
    walletId = await openWallet('INR', 'Household')
    visitor = await Visitor.arrives()
    await visitor.page.routeWebSocket(/\/graphql$/, (socket) => {
      if (!isReachable) return void socket.close({ code: LOST })
      sockets.add(socket)
      socket.connectToServer()
    })
    await visitor.signsIn('customer2')
  })

  afterAll(async () => {
    await visitor.leaves()
    await api.close()
  })

  it('the connection is lost and comes back: the page says so, and shows each payment once', async () => {
    const { page } = visitor
    await visitor.opens('Payments')
    await page.getByText('You have no payments yet.').or(page.getByRole('table')).first().waitFor()
    await deposit('100.00')
    await page.getByRole('row', { name: /Deposit to Household.*₹100\.00/ }).waitFor()

    await loseConnection()
    await page.getByText('Connection lost.').waitFor()
    await visitor.looksAt('connection-lost')
    await deposit('250.00') // Nobody hears of it now.
    isReachable = true
    await page.getByText('The connection is back.').waitFor()
    await page.getByRole('row', { name: /Deposit to Household.*Completed.*₹250\.00/ }).waitFor()
    expect(await page.getByRole('row', { name: /Deposit to Household/ }).count()).toBe(2)
  })

  it('a balance goes on from where it stands', async () => {
    const { page } = visitor
    await visitor.opens('Wallets')
    await page.getByRole('article', { name: 'Household' }).getByText('₹350.00').waitFor()
    await loseConnection()
    await deposit('50.00')
    isReachable = true
    await page.getByRole('article', { name: 'Household' }).getByText('₹400.00').waitFor()
  })

  it('the session expires: what was typed is there after signing in again', async () => {
    const { page } = visitor
    await visitor.opens('Send money')
    await page.getByLabel('Reference').fill('for the garden')
    await page.getByLabel('You send').fill('120')
    await expireSession()
    const ended = page.getByRole('dialog', { name: 'Your session has ended' })
    await ended.waitFor()
    expect(await page.getByText('Something went wrong').count()).toBe(0)
    await visitor.looksAt('session-ended')
    await ended.getByRole('button', { name: 'Sign in again' }).click()
    await ended.waitFor({ state: 'detached' })
    await page.getByRole('heading', { level: 1, name: 'Send money' }).waitFor()
    expect(await page.getByLabel('Reference').inputValue()).toBe('for the garden')
    expect(await page.getByLabel('You send').inputValue()).toBe('120')
  })

  it('a refusal is said in words, with what to do next', async () => {
    const { page } = visitor
    await page.goto(`${new URL(page.url()).origin}/wallets/${walletId}`)
    await page.getByRole('button', { name: 'Withdraw' }).click()
    const withdraw = page.getByRole('dialog', { name: /^Withdraw/ })
    await withdraw.getByLabel('Amount').fill('9,000')
    await withdraw.getByRole('button', { name: 'Withdraw' }).click()
    await withdraw.getByText('There is not enough available in the wallet').waitFor()
    await withdraw.getByText('Deposit money, wait for what is on hold, or send less.').waitFor()
  })

  it('an address that leads nowhere says so', async () => {
    const { page } = visitor
    await page.goto(`${new URL(page.url()).origin}/payments/00000000-0000-4000-8000-00000000ffff`)
    await page.getByText('There is no such payment, or it is not yours.').waitFor()
    await page.goto(`${new URL(page.url()).origin}/nowhere`)
    await page.getByRole('heading', { level: 1, name: 'Nothing here' }).waitFor()
  })

  it('another tab signs in by itself, and to sign out of one is to sign out of both', async () => {
    const { page, context } = visitor
    const other = await context.newPage()
    await other.goto(`${new URL(page.url()).origin}/send?from=${walletId}`)
    await other.getByRole('heading', { level: 1, name: 'Send money' }).waitFor()
    expect(new URL(other.url()).search).toBe(`?from=${walletId}`)
    await other.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('oidc.user')))).toEqual(
      [],
    )
    await other.getByRole('heading', { name: 'Sign out' }).waitFor() // The identity server asks once more.
    await other.getByRole('button', { name: 'Sign out' }).click()
    await other.getByRole('button', { name: 'Sign in' }).waitFor()
    await other.close()
  })

  it('a tab whose identity server would have to ask first shows where to sign in', async () => {
    const { page, context } = visitor
    await visitor.signsIn('customer2')
    await context.clearCookies()
    const other = await context.newPage()
    const refused = other.waitForRequest(/\/callback\?.*error=login_required/)
    await other.goto(new URL(page.url()).origin)
    await refused
    await other.waitForURL((url) => url.pathname === '/')
    await other.getByRole('button', { name: 'Sign in' }).waitFor()
    await other.close()
  })

  async function loseConnection(): Promise<void> {
    isReachable = false
    for (const socket of sockets) await socket.close({ code: LOST })
    sockets.clear()
  }

  /** The token is too old, and cannot be renewed without its user. Signing in reads both anew from the tab. */
  async function expireSession(): Promise<void> {
    await visitor.page.evaluate((pattern) => {
      for (const key of Object.keys(sessionStorage).filter((name) => new RegExp(pattern).test(name))) {
        const user = JSON.parse(sessionStorage.getItem(key) ?? '{}')
        sessionStorage.setItem(key, JSON.stringify({ ...user, expires_at: 1, refresh_token: 'of yesterday' }))
      }
    }, SESSION_KEY.source)
    await visitor.page.reload()
  }

  async function openWallet(currency: string, name: string): Promise<string> {
    const { openWallet: opened } = await api.request<{ openWallet: { id: string } }>(
      'mutation ($input: OpenWalletInput!) { openWallet(input: $input) { id } }',
      { input: { idempotencyKey: crypto.randomUUID(), currency, name } },
    )
    return opened.id
  }

  async function deposit(amount: string): Promise<void> {
    await api.request('mutation ($input: DepositInput!) { deposit(input: $input) { id } }', {
      input: { idempotencyKey: crypto.randomUUID(), walletId, amount: { amount, currency: 'INR' } },
    })
  }
})
