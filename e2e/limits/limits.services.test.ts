import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createSigner,
  generateInternalKeyPair,
  type RateLimiter,
  redisRateLimiter,
  silentLogger,
  systemClock,
} from '@corridor/platform'
import { createRouter, type RunningRouter } from '@corridor/router'
import { freePort, startTestRedis, startTokenIssuer, type TestRedis, type TokenIssuer } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const PER_SECOND = 5
/** What a caller may do at once; see the router's README. */
const BURST = 50
const TIMEOUT = { timeout: 60_000, interval: 50 }

const folder = mkdtempSync(join(tmpdir(), 'corridor-limits-'))
const limiters: RateLimiter[] = []
let issuer: TokenIssuer
let port: number
let redis: TestRedis
let first: RunningRouter
let second: RunningRouter

async function startRouter(): Promise<RunningRouter> {
  const { privateJwk } = await generateInternalKeyPair()
  const rateLimiter = redisRateLimiter({ url: redis.url, logger: silentLogger })
  limiters.push(rateLimiter)
  return await createRouter({
    supergraphSdl: readFileSync('supergraph.graphql', 'utf8'),
    signer: createSigner({ issuer: 'router', privateJwk, clock: systemClock }),
    identity: { issuer: issuer.url, audience: 'corridor', jwks: new URL('/jwks', issuer.url) },
    authModes: ['bearer'],
    clock: systemClock,
    logger: silentLogger,
    limits: { callerRequestsPerSecond: PER_SECOND },
    rateLimiter,
    allowedOrigins: [],
    callbackOwners: {},
  }).listen(0)
}

beforeAll(async () => {
  issuer = await startTokenIssuer()
  port = await freePort()
  redis = await startTestRedis({ folder, port })
  first = await startRouter()
  second = await startRouter()
})
afterAll(async () => {
  await first.close()
  await second.close()
  await Promise.all(limiters.map((limiter) => limiter.close()))
  await redis.stop()
  await issuer.close()
  rmSync(folder, { recursive: true })
})

/** How many of so many requests of that caller were taken; the rest was refused as too many. */
async function taken(router: RunningRouter, token: string, count: number): Promise<number> {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: '{"query":"{ __typename }"}',
  }
  const statuses = await Promise.all(
    Array.from({ length: count }, async () => (await fetch(router.url, request)).status),
  )
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
  return statuses.filter((status) => status === 200).length
}

const somebody = (): Promise<string> => issuer.token({ subject: randomUUID(), scopes: [] })

/** One who does all he may at the first router is refused by the second before he did there what he may. */
async function expectCountedTogether(): Promise<void> {
  const token = await somebody()
  let takenBySecond = 0
  await vi.waitFor(async () => {
    await taken(first, token, BURST)
    const more = await taken(second, token, 1)
    takenBySecond += more
    expect(more).toBe(0)
  }, TIMEOUT)
  expect(takenBySecond).toBeLessThan(BURST)
}

describe('the limits of two routers with one Redis', () => {
  it('are those of one', () => expectCountedTogether())

  it('are each its own while Redis is away, and together again when it is back', async () => {
    await redis.stop()
    const token = await somebody()
    for (const router of [first, second]) {
      const many = await taken(router, token, 3 * BURST)
      expect(many).toBeGreaterThanOrEqual(BURST)
      expect(many).toBeLessThan(3 * BURST) // Of which some are given back meanwhile.
    }
    redis = await startTestRedis({ folder, port })
    await vi.waitFor(() => expectCountedTogether(), TIMEOUT)
  })
})
