import { randomUUID } from 'node:crypto'
import { CustomerJourney } from '@corridor/embedded'
import type { Client } from 'graphql-ws'
import { SubscriptionClient } from 'subscriptions-transport-ws'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type GatewayPlatform, startGatewayPlatform } from './gateway-platform.ts'

const usd = (amount: string) => ({ amount, currency: 'USD' })
const WAIT = { timeout: 30_000, interval: 20 }
const UNAUTHORIZED = 'UNAUTHORIZED_FIELD_OR_TYPE'
const KIB = 1024

/** Fields of four other subgraphs in every event. */
const WATCH = `subscription ($id: ID, $after: String) { paymentStatusChanged(id: $id, after: $after) {
  cursor status payment { id from { owner { username } } payee { displayName } transfers { amount { amount } } }
} }`
const BALANCE = `subscription ($walletId: ID!) { balanceChanged(walletId: $walletId) {
  id name owner { username } balance { available { amount currency } }
} }`

interface WatchEvent {
  readonly cursor: string
  readonly status: string
  readonly payment: {
    readonly id: string
    readonly from: { readonly owner: { readonly username: string } | null } | null
    readonly payee: { readonly displayName: string } | null
    readonly transfers: readonly { readonly amount: { readonly amount: string } }[] | null
  }
}

let running: GatewayPlatform
let ada: CustomerJourney
let ravi: CustomerJourney
let token: string
let sockets: Client
let wallet: string
let other: string
/** Behind the deposit that fills the wallet. */
let deposited: string

beforeAll(async () => {
  running = await startGatewayPlatform()
  token = await running.token('customer1')
  ada = new CustomerJourney(await running.signIn('customer1'))
  ravi = new CustomerJourney(await running.signIn('customer2'))
  sockets = running.sockets(token)
  wallet = await ada.openWallet('USD', 'Travel')
  other = await ravi.openWallet('USD', 'Savings')
  deposited = (await ada.deposit(wallet, '1000.00', 'USD')).cursor
})
afterAll(() => running.stop())

const send = (amount: string, reference?: string) =>
  ada.send({
    idempotencyKey: randomUUID(),
    fromWalletId: wallet,
    toWalletId: other,
    debit: usd(amount),
    ...(reference === undefined ? {} : { reference }),
  })

interface GatewayAnswer {
  readonly status: number
  readonly body: {
    readonly code?: number
    readonly message?: string
    readonly data?: Record<string, unknown> | null
    readonly errors?: { readonly extensions: { readonly code: string } }[]
  }
}

async function post(body: object, headers: Record<string, string> = {}): Promise<GatewayAnswer> {
  const response = await fetch(running.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as GatewayAnswer['body'] }
}

const asAda = () => ({ authorization: `Bearer ${token}` })

describe('a payment over HTTP', () => {
  it('is quoted, sent and read as without the gateway', async () => {
    const quote = await ada.prepare({ fromWalletId: wallet, toWalletId: other, debit: usd('100.00') })
    const { id } = await ada.send({ idempotencyKey: randomUUID(), quoteId: quote.id })
    expect((await ada.watch({ id })).statuses.at(-1)).toBe('COMPLETED')
    expect(await ada.payment(id)).toMatchObject({
      status: 'COMPLETED',
      payee: { displayName: 'Ravi I.' },
      from: { id: wallet, owner: { username: 'customer1' } },
      fee: quote.fee,
      decision: { outcome: 'APPROVE' },
    })
    expect((await ravi.balance(other))?.available).toEqual(usd('100.00'))
  })
})

describe('the gateway refuses over HTTP', () => {
  it('who has no token, or one that does not hold', async () => {
    expect(await post({ query: '{ me { id } }' })).toMatchObject({ status: 401, body: { code: 900902 } })
    const forged = { authorization: `Bearer ${token.slice(0, -4)}AAAA` }
    expect(await post({ query: '{ me { id } }' }, forged)).toMatchObject({ status: 401, body: { code: 900901 } })
  })

  it('an operation whose scope the token has not', async () => {
    const answer = await post({ query: '{ trialBalance { currency } }' }, asAda())
    expect(answer).toMatchObject({ status: 403, body: { code: 900910 } })
  })

  it('what the published schema does not have', async () => {
    const answer = await post({ query: '{ _service { sdl } }' }, asAda())
    expect(answer).toMatchObject({ status: 422, body: { code: 900422 } })
  })

  it('a document that is too deep', async () => {
    // The owner's wallets, whose owner's wallets, and so on.
    const turn = 'wallets { owner { '
    const query = `{ me { ${turn.repeat(6)} id ${'} } '.repeat(6)} } }`
    expect(await post({ query }, asAda())).toMatchObject({ status: 400, body: { code: 900820 } })
  })
})

describe('what the gateway lets through', () => {
  it('is judged by the router on the operation that is executed: fragments of the root', async () => {
    const query = 'query { me { id } ...F } fragment F on Query { trialBalance { currency } }'
    const { status, body } = await post({ query }, asAda())
    expect(status).toBe(200)
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual([UNAUTHORIZED])
  })

  it('is judged by the router on the operation that is executed: the second of several', async () => {
    const query = 'query A { me { id } } query B { trialBalance { currency } }'
    const { body } = await post({ query, operationName: 'B' }, asAda())
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual([UNAUTHORIZED])
  })

  it('is nobody where the operation needs no token', async () => {
    const input = { username: 'new', email: 'no address', password: 'Secret-123', givenName: 'N', familyName: 'N' }
    const query = 'mutation ($input: RegisterProfileInput!) { registerProfile(input: $input) { id } }'
    const { status, body } = await post({ query, variables: { input } })
    expect(status).toBe(200)
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
  })

  it('never is who a client says he is beside his token', async () => {
    const forged = { ...asAda(), 'x-jwt-assertion': await running.token('customer2') }
    expect(await post({ query: '{ me { username } }' }, forged)).toMatchObject({
      body: { data: { me: { username: 'customer1' } } },
    })
  })
})

const first = async <Event>(client: Client, query: string, variables: Record<string, unknown>): Promise<Event> => {
  for await (const { data, errors } of client.iterate<Event>({ query, variables })) {
    if (!data || errors) throw new Error(JSON.stringify(errors))
    return data
  }
  throw new Error('The subscription ended without an event.')
}

/** An observer that keeps what it is told. */
function observed<Event>(client: Client, query: string, variables: Record<string, unknown>) {
  const seen = { events: [] as Event[], failure: null as unknown, ended: false }
  client.subscribe<Event>(
    { query, variables },
    {
      next: ({ data }) => void (data && seen.events.push(data)),
      error: (error) => {
        seen.failure = error
      },
      complete: () => {
        seen.ended = true
      },
    },
  )
  return seen
}

describe('subscriptions', () => {
  it('show rates', async () => {
    const event = await first(sockets, 'subscription { rateChanged(pairs: ["USDINR"]) { pair source } }', {})
    expect(event).toEqual({ rateChanged: { pair: 'USDINR', source: 'simulated' } })
  })

  it('show a payment on its way, with fields of other subgraphs in each event', async () => {
    const seen = observed<{ paymentStatusChanged: WatchEvent }>(sockets, WATCH, { after: deposited })
    const { id } = await send('10.00')
    const ofIt = () =>
      seen.events.map(({ paymentStatusChanged }) => paymentStatusChanged).filter(({ payment }) => payment.id === id)
    await vi.waitFor(() => expect(ofIt().map(({ status }) => status)).toEqual(['PENDING', 'COMPLETED']), WAIT)
    expect(ofIt().at(-1)?.payment).toMatchObject({
      from: { owner: { username: 'customer1' } },
      payee: { displayName: 'Ravi I.' },
      transfers: expect.arrayContaining([{ amount: { amount: '10.00' } }]),
    })
  })

  it('show a balance as it changes, with who owns it', async () => {
    const seen = observed<{ balanceChanged: Record<string, unknown> }>(sockets, BALANCE, { walletId: wallet })
    await vi.waitFor(() => expect(seen.events).toHaveLength(1), WAIT)
    const before = await ada.balance(wallet)
    const { id } = await send('20.00')
    await ada.watch({ id })
    const now = await ada.balance(wallet)
    expect(now?.available).not.toEqual(before?.available)
    await vi.waitFor(() => {
      expect(seen.events.at(-1)?.balanceChanged).toEqual({
        id: wallet,
        name: 'Travel',
        owner: { username: 'customer1' },
        balance: { available: now?.available },
      })
    }, WAIT)
  })

  it('work by the older subprotocol, the token in the handshake', async () => {
    const client = new SubscriptionClient(
      running.socketUrl,
      { reconnect: false },
      class extends WebSocket {
        constructor(address: string, protocols: string) {
          super(address, protocols, { headers: asAda() })
        }
      },
    )
    const events: unknown[] = []
    const errors: unknown[] = []
    const query = 'subscription { rateChanged(pairs: ["USDINR"]) { pair } }'
    client.request({ query }).subscribe({ next: (event) => void events.push(event), error: (e) => void errors.push(e) })
    await vi.waitFor(() => expect(events[0]).toEqual({ data: { rateChanged: { pair: 'USDINR' } } }), WAIT)
    client.request({ query: 'subscription { nothing }' }).subscribe({ error: (error) => void errors.push(error) })
    await vi.waitFor(() => expect(errors).toMatchObject([{ message: expect.stringContaining('INVALID QUERY') }]), WAIT)
    client.close()
  })
})

describe('a connection that the gateway drops', () => {
  it('is resumed behind the last cursor: nothing lost, nothing twice', async () => {
    const seen: WatchEvent[] = []
    const wanted: string[] = []
    let after = deposited
    let drops = 0
    const payments = (async () => {
      for (let sent = 0; sent < 6; sent++) {
        wanted.push((await send('1.00', 'resumed')).id)
        await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), WAIT)
      }
    })()
    const isComplete = () =>
      wanted.length === 6 &&
      wanted.every((id) => seen.some((event) => event.payment.id === id && event.status === 'COMPLETED'))
    while (!isComplete()) {
      try {
        for await (const { data } of sockets.iterate<{ paymentStatusChanged: WatchEvent }>({
          query: WATCH,
          variables: { after },
        })) {
          if (!data) throw new Error('An event without data.')
          const event = data.paymentStatusChanged
          after = event.cursor
          seen.push(event)
          if (isComplete()) break
          if (seen.length % 3 === 0) {
            drops++
            running.gateway.dropConnections()
          }
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 1006 })
      }
    }
    await payments
    expect(drops).toBeGreaterThanOrEqual(3)
    expect(new Set(seen.map(({ cursor }) => cursor)).size).toBe(seen.length)
    for (const id of wanted) {
      const statuses = seen.filter(({ payment }) => payment.id === id).map(({ status }) => status)
      expect(statuses).toEqual(['PENDING', 'COMPLETED'])
    }
  })

  it('leaves nothing behind at the gateway', async () => {
    running.gateway.dropConnections()
    await vi.waitFor(() => expect(running.gateway.connections).toBe(0), WAIT)
  })
})

describe('a frame', () => {
  /** A document whose answer is as long as the names that it gives the same payment. */
  const named = (id: string, bytes: number): string => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(Math.floor(bytes / 6)))
    const fields = names.map((name) => `${name}: payment { id status reference timeline { status at } }`)
    return `subscription { paymentStatusChanged(id: "${id}") { ${fields.join(' ')} } }`
  }

  it('of nearly 64 KiB arrives whole', async () => {
    const { id } = await send('1.00', '€'.repeat(140))
    await ada.watch({ id })
    const query = named(id, 59 * KIB)
    const event = await first<{ paymentStatusChanged: object }>(sockets, query, {})
    const size = Buffer.byteLength(JSON.stringify(event))
    expect(size).toBeGreaterThan(62 * KIB)
    expect(size).toBeLessThan(64 * KIB)
  })

  it('that would be larger is not sent: the event says so, and the connection stays', async () => {
    const { id } = await send('1.00', '€'.repeat(140))
    await ada.watch({ id })
    const client = running.sockets(token)
    const answers = client.iterate({ query: named(id, 62 * KIB) })
    const { value } = await answers.next()
    expect(value).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
    await expect(first(client, 'subscription { rateChanged { pair } }', {})).resolves.toBeDefined()
  })
})

describe('the gateway refuses on a WebSocket', () => {
  const handshake = (address: string, protocols: string[], headers: Record<string, string> = {}) =>
    new Promise<{ status: number | null; socket: WebSocket }>((resolve, reject) => {
      const socket = new WebSocket(address, protocols, { headers })
      socket.once('open', () => resolve({ status: null, socket }))
      socket.once('unexpected-response', (_request, response) => {
        resolve({ status: response.statusCode ?? 0, socket })
        response.destroy()
      })
      socket.once('error', reject)
    })
  const closing = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once('close', resolve))
  const NEWER = ['graphql-transport-ws']

  it('a handshake without a token that holds', async () => {
    expect((await handshake(running.socketUrl, NEWER)).status).toBe(401)
    expect((await handshake(`${running.socketUrl}?access_token=no.such.token`, NEWER)).status).toBe(401)
  })

  it('a subscription that is invalid, or no subscription, or without its scope, and lets the socket live', async () => {
    const codeOf = async (query: string, client = sockets): Promise<unknown> => {
      const seen = observed(client, query, {})
      await vi.waitFor(() => expect(seen.failure).not.toBeNull(), WAIT)
      return (seen.failure as { code: number }[])[0]?.code // Of the gateway's own making.
    }
    expect(await codeOf('subscription { nothing }')).toBe(4022)
    expect(await codeOf('{ me { id } }')).toBe(4005)
    const narrow = running.sockets(await running.token('customer1', 'wallets:read'))
    expect(await codeOf('subscription { rateChanged { pair } }', narrow)).toBe(4002)
    expect(
      await codeOf(
        `subscription { balanceChanged(walletId: "${wallet}") { ${'owner { wallets { '.repeat(6)} id ${'} } '.repeat(6)} } }`,
      ),
    ).toBe(4020)
    await expect(first(sockets, 'subscription { rateChanged { pair } }', {})).resolves.toBeDefined()
  })

  it('frames that are no JSON with a type', async () => {
    for (const frame of ['nonsense', '[]', '{"type":1}']) {
      const { socket } = await handshake(running.socketUrl, NEWER, asAda())
      const closed = closing(socket)
      socket.send(frame)
      expect(await closed).toBe(1011)
    }
  })

  it('by the router, who offers no subprotocol', async () => {
    const { socket } = await handshake(running.socketUrl, [], asAda())
    expect(await closing(socket)).toBe(4406)
  })

  it('by the router, who smuggles another’s token past the gateway', async () => {
    const headers = { ...asAda(), 'websocket-custom-headerAuthorization': `Bearer ${await running.token('customer2')}` }
    const { socket } = await handshake(running.socketUrl, NEWER, headers)
    const closed = closing(socket)
    socket.send('{"type":"connection_init"}')
    expect(await closed).toBe(4403)
  })

  it('with 4001 at the next frame, whose token was taken back', async () => {
    const taken = await running.token('customer3')
    const { socket } = await handshake(`${running.socketUrl}?access_token=${taken}`, NEWER)
    const acknowledged = new Promise((resolve) => socket.once('message', resolve))
    socket.send('{"type":"connection_init"}')
    await acknowledged
    const closed = closing(socket)
    running.gateway.revoke(taken)
    socket.send('{"type":"ping"}')
    expect(await closed).toBe(4001)
    const { status } = await handshake(`${running.socketUrl}?access_token=${taken}`, NEWER)
    expect(status).toBe(401)
  })
})
