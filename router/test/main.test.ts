import { generateInternalKeyPair } from '@corridor/platform'
import { freePort } from '@corridor/testing'
import { describe, expect, it, vi } from 'vitest'
import { startRouterProcess } from './router-process.ts'

describe('the process of the router', () => {
  it('names every setting that is missing or wrong at once, and no value, and ends', async () => {
    const [code, log] = await startRouterProcess({
      OIDC_JWKS_URI: 'secret',
      AUTH_MODES: 'bearer,secret',
      CONNECTIONS_PER_ADDRESS: '0',
      SOCKETS_PER_CALLER: '0',
    }).ended
    expect(code).toBe(1)
    for (const name of [
      'INTERNAL_PRIVATE_KEY',
      'OIDC_ISSUER',
      'OIDC_JWKS_URI',
      'OIDC_AUDIENCE',
      'AUTH_MODES',
      'CONNECTIONS_PER_ADDRESS',
      'SOCKETS_PER_CALLER',
    ]) {
      expect(log).toContain(name)
    }
    expect(log).not.toContain('secret')
  })

  it('serves the committed supergraph until SIGTERM, and then ends by itself', async () => {
    const port = await freePort()
    const nowhere = `http://127.0.0.1:${await freePort()}/graphql`
    const { privateJwk } = await generateInternalKeyPair()
    const { child, ended } = startRouterProcess({
      PORT: String(port),
      INTERNAL_PRIVATE_KEY: JSON.stringify(privateJwk),
      SUBGRAPH_URLS: JSON.stringify({ forex: nowhere }),
      OIDC_ISSUER: 'https://identity.test/oauth2/token',
      OIDC_JWKS_URI: 'https://identity.test/oauth2/jwks',
      OIDC_AUDIENCE: 'corridor',
    })
    const address = `http://127.0.0.1:${port}`
    await vi.waitFor(async () => expect((await fetch(`${address}/health`)).status).toBe(200), { timeout: 40_000 })
    expect((await fetch(`${address}/ready`)).status).toBe(503)
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __schema { queryType { name } } }"}',
    })
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] })
    child.kill('SIGTERM')
    expect((await ended)[0]).toBe(0)
  })
})
