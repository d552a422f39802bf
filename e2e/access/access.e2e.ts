import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { ApiClient, CustomerJourney, fetchToken } from '@corridor/embedded'
import { ROLE_SCOPES } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../journey/platform.ts'
import { ENTRIES, type Entry, type Owned, type Role } from './entries.ts'
import { type RootField, rootFields } from './root-fields.ts'

/** The users of the development platform, each with his role; the first is the owner. */
const CALLERS: Readonly<Record<string, Role>> = {
  customer1: 'user',
  customer3: 'user',
  ops: 'ops_users',
  finance: 'finance',
  auditor: 'auditor',
  admin: 'app_admin',
}
const OWNER = 'customer1'
const OWNERS_WORDS = /Lovelace|Under the mattress/
const FIRST_EVENT_MS = 10_000

const fields = rootFields()
let test: TestPlatform
let owned: Owned
const clients = new Map<string, ApiClient>()
let nobody: ApiClient
let tokenUrl: string

beforeAll(async () => {
  test = await startTestPlatform()
  tokenUrl = test.platform.tokenUrl ?? ''
  for (const caller of Object.keys(CALLERS)) clients.set(caller, await test.signIn(caller))
  nobody = new ApiClient(test.platform.url, null)
  owned = await ownThings()
})
afterAll(async () => {
  await nobody.close()
  await test.stop()
})

const clientOf = (caller: string): ApiClient => clients.get(caller) ?? nobody

/** One of each thing that has an owner. */
async function ownThings(): Promise<Owned> {
  const [ada, ravi] = [new CustomerJourney(clientOf(OWNER)), new CustomerJourney(await test.signIn('customer2'))]
  const wallet = await ada.openWallet('USD', 'Under the mattress')
  const otherWallet = await ravi.openWallet('INR', 'Ravi')
  const { registerWebhook } = await ada.api.request<{ registerWebhook: { id: string } }>(
    'mutation ($input: RegisterWebhookInput!) { registerWebhook(input: $input) { id } }',
    { input: { idempotencyKey: randomUUID(), url: 'https://example.com/hooks', events: [] } },
  )
  await ada.deposit(wallet, '500.00', 'USD')
  const target = { fromWalletId: wallet, toWalletId: otherWallet, debit: { amount: '10.00', currency: 'USD' } }
  const quote = await ada.prepare(target)
  // Not for Ravi's eyes either: a withdrawal has no payee.
  const { withdraw } = await ada.api.request<{ withdraw: { id: string } }>(
    'mutation ($input: WithdrawInput!) { withdraw(input: $input) { id } }',
    { input: { idempotencyKey: randomUUID(), walletId: wallet, amount: { amount: '5.00', currency: 'USD' } } },
  )
  await ada.watch({ id: withdraw.id })
  const created = await ada.api.request<{ createFxQuote: { id: string }; addBeneficiary: { id: string } }>(
    `mutation ($quote: CreateFxQuoteInput!, $beneficiary: AddBeneficiaryInput!) {
       createFxQuote(input: $quote) { id } addBeneficiary(input: $beneficiary) { id } }`,
    {
      quote: { idempotencyKey: randomUUID(), from: { amount: '1.00', currency: 'USD' }, toCurrency: 'INR' },
      beneficiary: {
        idempotencyKey: randomUUID(),
        name: 'Charles',
        country: 'IN',
        currency: 'INR',
        delivery: 'WALLET',
        walletId: otherWallet,
      },
    },
  )
  const seen = await ada.api.request<{
    me: { id: string }
    payment: { transfers: { id: string }[] }
    webhookDeliveries: { edges: { node: { id: string } }[] }
  }>(
    `query ($payment: ID!, $webhook: ID!) { me { id } payment(id: $payment) { transfers { id } }
       webhookDeliveries(webhookId: $webhook) { edges { node { id } } } }`,
    { payment: withdraw.id, webhook: registerWebhook.id },
  )
  const { me } = await ravi.api.request<{ me: { id: string } }>('{ me { id } }')
  return {
    profile: seen.me.id,
    otherProfile: me.id,
    wallet,
    otherWallet,
    account: wallet,
    transfer: seen.payment.transfers[0]?.id ?? '',
    payment: withdraw.id,
    paymentQuote: quote.id,
    fxQuote: created.createFxQuote.id,
    beneficiary: created.addBeneficiary.id,
    webhook: registerWebhook.id,
    delivery: seen.webhookDeliveries.edges[0]?.node.id ?? '',
  }
}

interface Met {
  readonly value: unknown
  readonly codes: readonly string[]
  readonly text: string
}

/** What a caller meets: the value of the field, and the codes of errors. */
async function meet(client: ApiClient, { name, operation }: RootField): Promise<Met> {
  const call = entryOf(name).call(owned)
  if (operation === 'subscription') return firstEvent(client, name, `subscription { ${call} }`)
  const { data, errors } = await client.send<Record<string, unknown>>(`${operation} { ${call} }`)
  return { value: data?.[name] ?? null, codes: errors.map(({ code }) => code), text: JSON.stringify({ data, errors }) }
}

async function firstEvent(client: ApiClient, name: string, document: string): Promise<Met> {
  const events = client.subscribe<Record<string, unknown>>(document)
  const timer = setTimeout(() => void events.return(), FIRST_EVENT_MS)
  try {
    const { value } = await events.next()
    return { value: value?.[name] ?? null, codes: [], text: JSON.stringify(value ?? null) }
  } catch (error) {
    const codes =
      error instanceof Error && 'errors' in error
        ? (error.errors as { code: string }[]).map(({ code }) => code)
        : ['CLOSED']
    return { value: null, codes, text: String(error) }
  } finally {
    clearTimeout(timer)
    await events.return()
  }
}

function entryOf(name: string): Entry {
  const entry = ENTRIES[name]
  if (entry === undefined) throw new Error(`The root field ${name} has no entry.`)
  return entry
}

const holds = (role: Role, scopes: readonly string[]): boolean =>
  scopes.every((scope) => (ROLE_SCOPES[role] as readonly string[]).includes(scope))

it('every root field has an entry, and every entry a root field', () => {
  expect(Object.keys(ENTRIES).sort()).toEqual(fields.map(({ name }) => name).sort())
})

it('only registration is open to nobody', () => {
  expect(fields.filter(({ needsToken }) => !needsToken).map(({ name }) => name)).toEqual(['registerProfile'])
})

describe.each(fields.filter(({ needsToken }) => needsToken))('$operation $name', (field) => {
  it('is refused to who has no token', async () => {
    const { value, codes, text } = await meet(nobody, field)
    expect(value).toBeNull()
    expect(codes.length).toBeGreaterThan(0)
    for (const code of codes) expect(['UNAUTHENTICATED', 'UNAUTHORIZED_FIELD_OR_TYPE', 'CLOSED']).toContain(code)
    expect(text).not.toMatch(OWNERS_WORDS)
  })

  it.each(Object.entries(CALLERS).filter(([, role]) => !holds(role, field.scopes)))(
    'is refused to %s, who lacks the scope',
    async (caller) => {
      const { value, codes, text } = await meet(clientOf(caller), field)
      expect(value).toBeNull()
      expect(codes).toContain('UNAUTHORIZED_FIELD_OR_TYPE')
      expect(text).not.toMatch(OWNERS_WORDS)
    },
  )

  const entry = ENTRIES[field.name]
  const strangers = Object.entries(CALLERS).filter(
    ([caller, role]) =>
      entry?.of === 'owned' && caller !== OWNER && holds(role, field.scopes) && !entry.staff?.includes(role),
  )
  it.skipIf(strangers.length === 0).each(strangers)('does not exist for %s, whose it is not', async (caller) => {
    const { value, codes, text } = await meet(clientOf(caller), field)
    expect(value).toBeNull()
    expect(codes).toEqual(field.operation === 'query' && field.nullable ? [] : ['NOT_FOUND'])
    expect(text).not.toMatch(OWNERS_WORDS)
  })

  const sees = Object.entries(CALLERS).filter(
    ([caller, role]) =>
      entry?.of === 'owned' &&
      field.operation !== 'mutation' &&
      holds(role, field.scopes) &&
      (caller === OWNER || entry.staff?.includes(role)),
  )
  it.skipIf(sees.length === 0).each(sees)('is seen by %s', async (caller) => {
    const { value, codes } = await meet(clientOf(caller), field)
    expect(codes).toEqual([])
    expect(value).not.toBeNull()
  })
})

describe('a token that does not hold', () => {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  /** A good token's claims under another signature. */
  async function forgeries(): Promise<Record<string, string>> {
    const good = await fetchToken(tokenUrl, OWNER)
    const [header = '', claims = ''] = good.split('.')
    const known = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string; alg: string }
    const { keys } = (await (await fetch(new URL('/oauth2/jwks', tokenUrl))).json()) as { keys: object[] }
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const signed = (head: object): string => {
      const input = `${encode(head)}.${claims}`
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
    }
    const symmetric = `${encode({ ...known, alg: 'HS256' })}.${claims}`
    return {
      'signed by nobody known': signed(known),
      'with an unknown key id': signed({ ...known, kid: 'unknown' }),
      'with no signature': `${encode({ ...known, alg: 'none' })}.${claims}.`,
      'signed with the public key as a secret': `${symmetric}.${createHmac('sha256', JSON.stringify(keys[0])).update(symmetric).digest('base64url')}`,
      'with other claims': `${header}.${encode({ sub: 'somebody' })}.${good.split('.')[2]}`,
      'that is none': 'token',
    }
  }

  it('opens no root field', async () => {
    for (const [what, token] of Object.entries(await forgeries())) {
      const forger = new ApiClient(test.platform.url, token)
      try {
        for (const field of fields.filter(({ operation }) => operation !== 'subscription')) {
          const { value, codes } = await meet(forger, field)
          expect(value, `${field.name} ${what}`).toBeNull()
          expect(codes, `${field.name} ${what}`).toEqual(['UNAUTHENTICATED'])
        }
      } finally {
        await forger.close()
      }
    }
  })
})

describe('a subgraph', () => {
  it.each(['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet'] as const)(
    'of %s takes nothing but the tokens of the router and of services',
    async (name) => {
      const token = await fetchToken(tokenUrl, 'admin')
      const body = JSON.stringify({ query: '{ _service { sdl } __typename }' })
      const url = `http://127.0.0.1:${test.platform.ports[name]}/graphql`
      for (const authorization of [undefined, `Bearer ${token}`, 'Bearer none']) {
        const headers = { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) }
        const response = await fetch(url, { method: 'POST', headers, body })
        expect(response.status).toBe(401)
        expect(await response.text()).not.toContain('type Query')
      }
    },
  )
})
