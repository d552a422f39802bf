import { createLogger, createSigner } from '@corridor/platform'
import { createLocalJWKSet } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRouter, type RunningRouter } from '../src/index.ts'
import { AUDIENCE, ISSUER, startWorld, type World } from './world.ts'

const lines: string[] = []
let world: World
let router: RunningRouter
beforeAll(async () => {
  world = await startWorld()
  router = await createRouter({
    supergraphSdl: world.supergraphOf(['profile', 'forex', 'payment']),
    subgraphUrls: world.subgraphUrls,
    signer: createSigner({ issuer: 'router', privateJwk: world.internalKey, clock: world.clock }),
    identity: { issuer: ISSUER, audience: AUDIENCE, jwks: createLocalJWKSet({ keys: [world.issuerJwk] }) },
    authModes: ['bearer'],
    clock: world.clock,
    logger: createLogger({ service: 'router', write: (line) => lines.push(line) }),
    allowedOrigins: [],
    callbackOwners: {},
    slowOperationMs: 0,
  }).listen(0)
})
afterAll(async () => {
  await router.close()
  await world.close()
})

async function ask(query: string, client: Record<string, string>): Promise<Record<string, unknown> | undefined> {
  lines.length = 0
  const authorization = `Bearer ${await world.token('profile:read')}`
  await fetch(router.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization, ...client },
    body: JSON.stringify({ query }),
  })
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>) // Written as JSON.
  return told.find(({ msg }) => msg === 'a slow operation')
}

describe('a slow operation', () => {
  const named = { 'apollographql-client-name': 'corridor-web', 'apollographql-client-version': '1.2.0' }

  it('is told by its field, the shape of its plan and its client, of a document that is new and of one that is known', async () => {
    const query = 'query Secret { user(id: "a") { displayName } }'
    for (let round = 0; round < 2; round += 1) {
      const told = await ask(query, named)
      expect(told).toMatchObject({ operation: 'user', plan: 'profile', client: 'corridor-web', clientVersion: '1.2.0' })
      expect(JSON.stringify(told)).not.toMatch(/Secret|displayName/)
    }
  })

  it('of a client who gives no name, or one that is none, says so', async () => {
    expect(await ask('{ whoAmI }', {})).toMatchObject({ client: 'none', clientVersion: 'none' })
    const odd = { 'apollographql-client-name': 'ada@example.org and "more"' }
    expect(await ask('{ whoAmI }', odd)).toMatchObject({ client: 'none' })
  })
})
