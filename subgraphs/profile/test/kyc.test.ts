import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLogger, systemClock, uuidv7 } from '@corridor/platform'
import { type RunningServer, serveSubgraph } from '@corridor/subgraph'
import { asUser, codesOf, dataOf, freePort } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { complyCubeProvider, type KycProvider, SANDBOX_KYC, sandboxKycProvider } from '../src/index.ts'
import { CANARY, customer, type StartedProfile, startProfile } from './started-profile.ts'

const START = 'mutation ($level: KycLevel!) { startKyc(level: $level) { kyc { status level redirectUrl } } }'
const KYC = '{ me { kyc { status level redirectUrl note } } }'
const DECIDE = `mutation ($id: ID!, $status: KycStatus!) { decideKyc(profileId: $id, status: $status, note: "seen") {
  kyc { status level redirectUrl } } }`
type Kyc = { status: string; level: string | null; redirectUrl: string | null; note?: string | null }

let started: StartedProfile
let server: RunningServer

/** The subgraph, served on a port that the provider knows. */
async function serve(provider: KycProvider, port: number): Promise<void> {
  started = await startProfile({ kycProviders: [provider] })
  const verifier = { verify: async () => null } // Callbacks and pages carry no token.
  const { routes } = started.subgraph
  server = await serveSubgraph(started.subgraph, { port, verifier, logger: silentLogger, clock: systemClock, routes })
}
async function stop(): Promise<void> {
  await server.close()
  await started.close()
}
const person = () => customer(uuidv7(), 'profile:write')
type Person = ReturnType<typeof person>
const start = async (by: Person, level = 'BASIC'): Promise<Kyc> =>
  (await dataOf<{ startKyc: { kyc: Kyc } }>(started.subgraph.schema, by, START, { level })).startKyc.kyc
const kyc = async (by: Person): Promise<Kyc> =>
  (await dataOf<{ me: { kyc: Kyc } }>(started.subgraph.schema, by, KYC)).me.kyc
const decide = (id: string | null, status: string) =>
  dataOf<{ decideKyc: { kyc: Kyc } }>(started.subgraph.schema, asUser(uuidv7(), 'profile:admin'), DECIDE, {
    id,
    status,
  })
const told = async (by: Person) =>
  (await started.rows('select type, data from event_queue where key = $1 order by sequence', [by.caller.subject])).map(
    ({ type, data }) => [
      type,
      (data as Kyc & { kycStatus: string; kycLevel: string }).kycStatus,
      (data as { kycLevel: string }).kycLevel,
    ],
  )

describe('a check with the sandbox', () => {
  let port: number
  let provider: KycProvider
  const callback = () => `http://127.0.0.1:${port}/callbacks/${SANDBOX_KYC}`

  beforeAll(async () => {
    port = await freePort()
    provider = sandboxKycProvider({
      callbackUrl: callback(),
      callbackSecret: 'a secret of the sandbox',
      pageUrl: `http://127.0.0.1:${port}`,
      clock: systemClock,
      logger: silentLogger,
    })
    await serve(provider, port)
  })
  afterAll(stop)

  const choose = async (address: string | null, finding: string): Promise<string> => {
    const body = new URLSearchParams({ finding })
    return await (await fetch(address ?? '', { method: 'POST', body })).text()
  }

  it('goes on at a hosted page, whose finding comes back signed and reaches the rules', async () => {
    const by = person()
    const begun = await start(by)
    expect(begun).toMatchObject({ status: 'PENDING', level: null })
    expect(await (await fetch(begun.redirectUrl ?? '')).text()).toContain('value="CLEAR"')
    expect(await choose(begun.redirectUrl, 'CLEAR')).toContain('Done')
    expect(await kyc(by)).toEqual({ status: 'VERIFIED', level: 'BASIC', redirectUrl: null, note: null })
    expect(await told(by)).toEqual([
      ['profile.created', 'NOT_STARTED', null],
      ['profile.kyc_started', 'PENDING', null],
      ['profile.kyc_decided', 'VERIFIED', 'BASIC'],
    ])
    const entries = await started.rows('select actor, action from audit_log where subject = $1 order by id', [
      by.caller.subject,
    ])
    expect(entries.slice(1)).toEqual([
      { actor: by.caller.subject, action: 'kyc.started' },
      { actor: 'provider:sandbox-kyc', action: 'kyc.found' },
    ])
  })

  it('goes on for the customer alone: an officer does not see where', async () => {
    const by = person()
    await start(by)
    const seen = 'query ($id: ID!) { profile(id: $id) { kyc { status redirectUrl } } }'
    const variables = { id: by.caller.subject }
    expect(await dataOf(started.subgraph.schema, asUser(uuidv7(), 'profile:admin'), seen, variables)).toEqual({
      profile: { kyc: { status: 'PENDING', redirectUrl: null } },
    })
  })

  it('is the open one when it is started again, also by two at once', async () => {
    const by = person()
    await kyc(by)
    const [one, two] = await Promise.all([start(by), start(by)])
    expect((await start(by)).redirectUrl).toBe(one?.redirectUrl ?? two?.redirectUrl)
    expect(await started.rows(`select state from kyc_checks where profile_id = $1`, [by.caller.subject])).toEqual([
      { state: 'OPEN' },
    ])
  })

  it.each([
    ['REJECTED', { status: 'REJECTED', level: null, note: null }],
    ['ATTENTION', { status: 'PENDING', level: null, note: 'The provider asks for somebody to look at this.' }],
  ])('with the finding %s leaves a customer where he belongs', async (finding, expected) => {
    const by = person()
    await choose((await start(by)).redirectUrl, finding)
    expect(await kyc(by)).toMatchObject(expected)
  })

  it('for a higher level does not take the present one away while it lasts, nor when it fails', async () => {
    const by = person()
    await choose((await start(by)).redirectUrl, 'CLEAR')
    expect(await codesOf(started.subgraph.schema, by, START, { level: 'BASIC' })).toEqual(['CONFLICT'])
    const higher = await start(by, 'ENHANCED')
    expect(higher).toMatchObject({ status: 'VERIFIED', level: 'BASIC' })
    await choose(higher.redirectUrl, 'REJECTED')
    expect(await kyc(by)).toMatchObject({ status: 'VERIFIED', level: 'BASIC' })
    await choose((await start(by, 'ENHANCED')).redirectUrl, 'CLEAR')
    expect(await kyc(by)).toMatchObject({ status: 'VERIFIED', level: 'ENHANCED' })
  })

  it('takes a callback once, and none after an officer has decided', async () => {
    const by = person()
    const { redirectUrl } = await start(by)
    await choose(redirectUrl, 'REJECTED')
    await choose(redirectUrl, 'CLEAR')
    expect(await kyc(by)).toMatchObject({ status: 'REJECTED' })
    const again = await start(by)
    expect(await decide(by.caller.subject, 'VERIFIED')).toEqual({
      decideKyc: { kyc: { status: 'VERIFIED', level: 'BASIC', redirectUrl: null } },
    })
    await choose(again.redirectUrl, 'REJECTED')
    expect(await kyc(by)).toMatchObject({ status: 'VERIFIED', level: 'BASIC' })
  })

  it('gives an officer’s yes the level that was asked for', async () => {
    const by = person()
    await start(by, 'ENHANCED')
    expect(await decide(by.caller.subject, 'VERIFIED')).toMatchObject({ decideKyc: { kyc: { level: 'ENHANCED' } } })
  })

  it('refuses callbacks that are not the provider’s, and knows no other provider', async () => {
    const body = JSON.stringify({ id: 'x', reference: uuidv7(), finding: 'CLEAR' })
    const forged = { 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' }
    expect((await fetch(callback(), { method: 'POST', body })).status).toBe(401)
    expect((await fetch(callback(), { method: 'POST', body, headers: forged })).status).toBe(401)
    expect((await fetch(callback().replace(SANDBOX_KYC, 'other'), { method: 'POST', body })).status).toBe(404)
    const page = `http://127.0.0.1:${port}/sandbox-kyc/`
    expect((await fetch(`${page}nonsense`)).status).toBe(404)
    expect((await fetch(page + uuidv7(), { method: 'POST', body: 'finding=NONE' })).status).toBe(400)
    expect(await choose(page + uuidv7(), 'CLEAR')).toContain('status 404') // No such check of ours.
  })
})

describe('a check with ComplyCube', () => {
  const KEY = 'test_key'
  const SECRET = 'of the webhook'
  const asked: { method: string; url: string; authorization: string; body: unknown }[] = []
  const checks: { status: string; outcome?: string }[] = []
  let far: Server
  let isAway = false

  beforeAll(async () => {
    far = createServer(async (request, response) => {
      const { method = '', url = '', headers } = request
      const body = await jsonOf(request)
      asked.push({ method, url, authorization: headers.authorization ?? '', body })
      const answer =
        url === '/v1/clients'
          ? { id: uuidv7(), type: 'person' }
          : url === '/v1/flow/sessions'
            ? { redirectUrl: 'https://flow.complycube.com/?session=1' }
            : { page: 1, pageSize: 100, totalItems: checks.length, items: checks }
      const status = isAway ? 503 : method === 'POST' ? 201 : 200
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
    await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve))
    const apiUrl = `http://127.0.0.1:${(far.address() as AddressInfo).port}/v1`
    await serve(
      complyCubeProvider({ apiKey: KEY, webhookSecret: SECRET, returnUrl: 'https://corridor.example/kyc', apiUrl }),
      0,
    )
  })
  afterAll(async () => {
    await stop()
    await new Promise((resolve) => far.close(resolve))
  })

  const send = async (event: object, secret = SECRET): Promise<number> => {
    const body = JSON.stringify(event)
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    const headers = { 'complycube-signature': signature }
    const address = new URL('/callbacks/complycube', server.url)
    return (await fetch(address, { method: 'POST', headers, body })).status
  }
  const event = async (by: Person) => {
    const [check] = await started.rows('select reference from kyc_checks where profile_id = $1', [by.caller.subject])
    const payload = { id: uuidv7(), clientId: check?.reference, status: 'complete' }
    return { id: uuidv7(), type: 'check.completed', resourceType: 'check', payload }
  }

  it('makes a client and a session of the hosted page', async () => {
    const by = person()
    const begun = await start(by)
    expect(begun).toMatchObject({ status: 'PENDING', redirectUrl: 'https://flow.complycube.com/?session=1' })
    const [client, session] = asked.splice(0)
    const [check] = await started.rows('select id, reference from kyc_checks where profile_id = $1', [
      by.caller.subject,
    ])
    expect(client).toEqual({
      ...{ method: 'POST', url: '/v1/clients', authorization: KEY },
      body: {
        ...{ type: 'person', externalId: check?.id, email: `${CANARY}@example.com` },
        personDetails: { firstName: 'Ada', lastName: CANARY, nationality: 'US' },
      },
    })
    expect(session).toMatchObject({
      ...{ method: 'POST', url: '/v1/flow/sessions', authorization: KEY },
      body: { clientId: check?.reference, checkTypes: ['document_check', 'identity_check'] },
    })
  })

  it('waits for every check, and verifies when all are clear', async () => {
    const by = person()
    await start(by)
    checks.splice(0, checks.length, { status: 'complete', outcome: 'clear' }, { status: 'pending' })
    expect(await send(await event(by))).toBe(200)
    expect(await kyc(by)).toMatchObject({ status: 'PENDING' })
    checks.splice(0, checks.length, { status: 'complete', outcome: 'clear' }, { status: 'complete', outcome: 'clear' })
    expect(await send(await event(by))).toBe(200)
    expect(await kyc(by)).toMatchObject({ status: 'VERIFIED', level: 'BASIC' })
  })

  it('leaves to an officer what is not clear', async () => {
    const by = person()
    await start(by)
    checks.splice(
      0,
      checks.length,
      { status: 'complete', outcome: 'clear' },
      { status: 'complete', outcome: 'attention' },
    )
    expect(await send(await event(by))).toBe(200)
    expect(await kyc(by)).toMatchObject({ status: 'PENDING', note: 'The provider asks for somebody to look at this.' })
  })

  it('refuses callbacks of others, ignores what is about nobody, and asks to be told again while it is away', async () => {
    const by = person()
    await start(by)
    expect(await send(await event(by), 'another secret')).toBe(401)
    expect(await send({ id: 'x', type: 'report.created', payload: {} })).toBe(200)
    expect(await send({ id: 'x', payload: { clientId: 'unknown' } })).toBe(404)
    expect(await send({ type: 'nothing' })).toBe(400)
    isAway = true
    expect(await send(await event(by))).toBe(503)
    expect(await codesOf(started.subgraph.schema, person(), START, { level: 'BASIC' })).toEqual(['SERVICE_UNAVAILABLE'])
    isAway = false
    expect(await kyc(by)).toMatchObject({ status: 'PENDING' })
  })
})

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return chunks.length === 0 ? null : JSON.parse(Buffer.concat(chunks).toString())
}
