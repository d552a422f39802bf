import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROLE_SCOPES, SEED_CLIENTS, SEED_USERS, startDevelopmentIdentity } from '@corridor/dev-services'
import { silentLogger, systemClock } from '@corridor/platform'
import { freePort } from '@corridor/testing'
import { decodeJwt, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { FaultProxy } from './fault-proxy.ts'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

/** Two hours unless it is set: too long for a test. Keys are read again a twelfth of it after they were read. */
const KEYS_MAX_AGE_SECONDS = 60
const AWAY_MS = 20_000
const STRANGERS = 200
/** As services and profile sync ask too; each stranger's token would be one more. */
const ASKED_AT_MOST = 100
const SHOWN = { timeout: 120_000, interval: 500 }
/** Whether it is good cannot be said now. */
const UNKNOWN = [503, ['SERVICE_UNAVAILABLE']]
const REGISTER = 'mutation ($input: RegisterProfileInput!) { registerProfile(input: $input) { id } }'

const folder = mkdtempSync(join(tmpdir(), 'corridor-identity-'))
const port = await freePort()
const proxy = await FaultProxy.start({ targetPort: port })
const origin = `http://localhost:${proxy.port}`
const services = SEED_CLIENTS.find(({ grants }) => grants.includes('client_credentials'))
const identity = await startDevelopmentIdentity({
  port,
  issuer: `${origin}/oauth2/token`,
  directory: folder,
  users: SEED_USERS,
  roles: ROLE_SCOPES,
  clients: SEED_CLIENTS,
  audience: 'corridor',
  clock: systemClock,
  logger: silentLogger,
})
afterAll(async () => {
  await proxy.close()
  await identity.close()
  rmSync(folder, { recursive: true })
})
const scenario = withFaultPlatform({
  tokenUrl: `${origin}/oauth2/token`,
  external: {
    oidcIssuer: identity.issuer,
    identityClient: { clientId: services?.clientId ?? '', clientSecret: services?.secret ?? '' },
    keysMaxAgeSeconds: KEYS_MAX_AGE_SECONDS,
  },
})

/** Tokens under keys that the identity server does not have. */
let strangers: readonly string[]
beforeAll(async () => {
  const claims = decodeJwt(await identity.issueToken('customer1'))
  const { privateKey } = await generateKeyPair('RS256')
  strangers = await Promise.all(
    Array.from({ length: STRANGERS }, (_, number) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: `unknown-${number}` }).sign(privateKey),
    ),
  )
})

it(
  'takes tokens under the keys that it knows while the identity server is away, refuses others, and asks it rarely',
  async () => {
    const load = scenario.underLoad()
    // One that the router has not seen: it needs the key.
    const unseen = await identity.issueToken('customer1')
    const away = await whileAway()
    expect(await askAs(unseen)).toEqual([200, []])
    // What it said just now it is not asked again for some seconds.
    await vi.waitFor(async () => expect(await askAs(strangers[0] ?? '')).toEqual(UNKNOWN), SHOWN)
    const before = proxy.asked
    for (const until = performance.now() + AWAY_MS; performance.now() < until; ) {
      for (const token of strangers) expect(await askAs(token)).toEqual(UNKNOWN)
      await pay()
    }
    expect(proxy.asked - before).toBeLessThan(ASKED_AT_MOST)
    expect(await register()).toEqual(['SERVICE_UNAVAILABLE'])
    away.end()
    await vi.waitFor(async () => expect(await askAs(strangers[0] ?? '')).toEqual([401, ['UNAUTHENTICATED']]), SHOWN)
    await vi.waitFor(async () => expect(await register()).toEqual([]), SHOWN)
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)

it(
  'takes no token that it has not seen once the stated time of the keys is over, and all again when the server is back',
  async () => {
    const load = scenario.underLoad()
    const away = await whileAway()
    await vi.waitFor(async () => {
      expect(await askAs(await identity.issueToken('customer1'))).toEqual(UNKNOWN)
    }, SHOWN)
    await pay() // By a token that was seen before.
    away.end()
    await vi.waitFor(async () => expect(await askAs(await identity.issueToken('customer1'))).toEqual([200, []]), SHOWN)
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)

async function whileAway(): Promise<{ end(): void }> {
  await pay()
  proxy.goAway()
  const end = () => proxy.comeBack()
  onTestFinished(end)
  return { end }
}

/** To where its event has had its effect. */
async function pay(): Promise<void> {
  const id = await scenario.send('1.00')
  await vi.waitFor(async () => expect(await scenario.books.countedPayments()).toContain(id), SHOWN)
}

/** Status and codes of what the owner of that token is answered. */
const askAs = (token: string) => answerTo('{ me { id } }', {}, { authorization: `Bearer ${token}` })

/** Why a newcomer is not registered; empty when he is. */
async function register(): Promise<readonly string[]> {
  const number = randomUUID().slice(0, 8)
  const username = `newcomer-${number}`
  const names = { username, email: `${username}@example.org`, givenName: 'New', familyName: 'Comer' }
  return (await answerTo(REGISTER, { input: { ...names, password: `A-long-1-${number}` } }))[1]
}

async function answerTo(query: string, variables: object, headers: object = {}): Promise<[number, readonly string[]]> {
  const response = await fetch(scenario.platform.running.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] } // As GraphQL has it.
  return [response.status, errors.map(({ extensions }) => extensions.code)]
}
