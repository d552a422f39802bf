import { randomUUID } from 'node:crypto'
import { CustomerJourney, fetchToken } from '@corridor/embedded'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../journey/platform.ts'
import { apolloClient } from './apollo-client.ts'
import type { RealClient, Seen } from './real-client.ts'
import { urqlClient } from './urql-client.ts'

const WAIT = { timeout: 30_000, interval: 20 }
const usd = (amount: string) => ({ amount, currency: 'USD' })
const OPEN = `mutation ($input: OpenWalletInput!) { openWallet(input: $input) { id name owner { username } } }`
const WALLET = `query ($id: ID!) { wallet(id: $id) { id name owner { id username } balance { available { amount } } } }`
const SEND = `mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id status } }`
const WATCH = `subscription ($id: ID, $after: String) { paymentStatusChanged(id: $id, after: $after) {
  cursor status payment { id from { owner { username } } payee { displayName } }
} }`

interface WatchData {
  readonly paymentStatusChanged: {
    readonly cursor: string
    readonly status: string
    readonly payment: { readonly id: string; readonly payee: { readonly displayName: string } | null }
  }
}

let running: TestPlatform
let ada: CustomerJourney
let payee: string
let stranger: string

beforeAll(async () => {
  running = await startTestPlatform()
  ada = new CustomerJourney(await running.signIn('customer1'))
  payee = await new CustomerJourney(await running.signIn('customer2')).openWallet('USD', 'Savings')
  const others = new CustomerJourney(await running.signIn('customer3'))
  const wallet = await others.openWallet('USD', 'Own')
  const input = { idempotencyKey: randomUUID(), walletId: wallet, amount: usd('1.00') }
  const { deposit } = await others.api.request<{ deposit: { id: string } }>(
    'mutation ($input: DepositInput!) { deposit(input: $input) { id } }',
    { input },
  )
  stranger = deposit.id
})
afterAll(() => running.stop())

describe.each([
  ['Apollo Client', apolloClient],
  ['urql', urqlClient],
])('%s', (_name, make) => {
  let client: RealClient
  let nobody: RealClient
  let forger: RealClient
  let wallet: string
  let deposited: string

  beforeAll(async () => {
    const { url, tokenUrl } = running.platform
    client = make(url, await fetchToken(tokenUrl ?? '', 'customer1'))
    nobody = make(url, null)
    forger = make(url, 'not.a.token')
    wallet = await ada.openWallet('USD', 'Travel')
    deposited = (await ada.deposit(wallet, '100.00', 'USD')).cursor
  })
  afterAll(async () => {
    for (const each of [client, nobody, forger]) await each.close()
  })

  const send = async (): Promise<string> => {
    const input = { idempotencyKey: randomUUID(), fromWalletId: wallet, toWalletId: payee, debit: usd('1.00') }
    const { data } = await client.mutate(SEND, { input })
    return (data as { sendPayment: { id: string } }).sendPayment.id
  }
  /** What a subscription shows, until the test is done with it. */
  const watching = (text: string, variables: Record<string, unknown>) => {
    const seen: Seen[] = []
    const stop = client.subscribe(text, variables, (event) => seen.push(event))
    return { seen, stop }
  }

  it('queries across subgraphs', async () => {
    const { data, codes } = await client.query(WALLET, { id: wallet })
    expect(codes).toEqual([])
    expect(data).toMatchObject({
      wallet: { name: 'Travel', owner: { username: 'customer1' }, balance: { available: { amount: '100.00' } } },
    })
  })

  it('mutates', async () => {
    const input = { idempotencyKey: randomUUID(), currency: 'EUR', name: 'Paris' }
    expect(await client.mutate(OPEN, { input })).toMatchObject({
      data: { openWallet: { name: 'Paris', owner: { username: 'customer1' } } },
      codes: [],
    })
  })

  it('sees the codes of what is refused, and the data beside it', async () => {
    const input = { idempotencyKey: randomUUID(), fromWalletId: wallet, toWalletId: payee, debit: usd('0.00') }
    expect((await client.mutate(SEND, { input })).codes).toEqual(['AMOUNT_NOT_POSITIVE'])
    expect(await client.query('{ me { username } trialBalance { currency } }')).toMatchObject({
      codes: ['UNAUTHORIZED_FIELD_OR_TYPE'],
    })
    expect((await client.query('{ nothing }')).codes).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect((await nobody.query('{ me { username } }')).codes).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    expect((await forger.query('{ me { username } }')).codes).toEqual(['UNAUTHENTICATED'])
  })

  it('subscribes to what all share', async () => {
    const { seen, stop } = watching('subscription { rateChanged(pairs: ["USDINR"]) { pair source } }', {})
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), WAIT)
    expect(seen[0]).toMatchObject({ data: { rateChanged: { pair: 'USDINR', source: 'simulated' } }, codes: [] })
    stop()
  })

  it('sees why a subscription is refused', async () => {
    const { seen, stop } = watching(WATCH, { id: stranger })
    await vi.waitFor(() => expect(seen.at(-1)).toEqual({ data: null, codes: ['NOT_FOUND'] }), WAIT)
    stop()
  })

  it('reconnects by itself and resumes behind the last event: nothing lost, nothing twice', async () => {
    const { seen, stop } = watching(WATCH, { after: deposited })
    const events = () => seen.map(({ data }) => (data as WatchData).paymentStatusChanged)
    const sent: string[] = []
    for (let round = 0; round < 3; round++) {
      sent.push(await send())
      await vi.waitFor(() => expect(events().at(-1)).toMatchObject({ status: 'COMPLETED' }), WAIT)
      client.drop()
      sent.push(await send())
      await vi.waitFor(() => {
        for (const id of sent) {
          const statuses = events().flatMap(({ payment, status }) => (payment.id === id ? [status] : []))
          expect(statuses).toEqual(['PENDING', 'COMPLETED'])
        }
      }, WAIT)
    }
    stop()
    expect(new Set(events().map(({ cursor }) => cursor)).size).toBe(events().length)
    expect(events().at(-1)?.payment.payee).toMatchObject({ displayName: 'Ravi I.' })
  })
})
