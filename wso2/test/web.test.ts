import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Products } from './stand-in/products.ts'

let both: Products
beforeAll(async () => {
  both = await new Products().start()
  await both.run('setup-all')
})
afterAll(() => both.close())

const web = () => both.identity.clients.get('corridor-web')

describe('the application of the web app', () => {
  it('is public, by code and PKCE, and comes back to the web app alone', () => {
    expect(web()?.oidc).toMatchObject({
      clientId: 'corridor-web',
      publicClient: true,
      grantTypes: ['authorization_code', 'refresh_token'],
      pkce: { mandatory: true, supportPlainTransformAlgorithm: false },
      allowedOrigins: ['https://localhost:8080'],
      accessToken: { type: 'JWT' },
      idToken: { audience: ['corridor'] },
    })
    const callback = String(web()?.oidc.callbackURLs)
    const allows = new RegExp(`^${callback.replace('regexp=', '')}$`)
    for (const url of ['https://localhost:8080/callback', 'https://localhost:8080/']) expect(url).toMatch(allows)
    for (const url of ['https://localhost:8080/callback/x', 'https://evil.test/callback'])
      expect(url).not.toMatch(allows)
  })

  it('may ask for the scopes of the API, and no other', () => {
    const scopes = [...(web()?.authorized.values() ?? [])].flat().sort()
    expect(scopes).toEqual([...(both.identity.resource?.scopes ?? [])].sort())
  })

  it('changes nothing the second time, and follows the web app to another address', async () => {
    expect((await both.run('setup-web')).writes).toEqual([])
    const { text } = await both.run('setup-web', { CORRIDOR_WEB_ORIGIN: 'https://pay.example' })
    expect(text).toContain('allowedOrigins: ["https://localhost:8080"] -> ["https://pay.example"]')
    expect(web()?.oidc).toMatchObject({
      callbackURLs: ['regexp=https://pay\\.example/(callback)?'],
      accessToken: { type: 'JWT' },
    })
  })

  it('shows with --dry-run what it would make, and is gone after teardown', async () => {
    await both.run('teardown')
    expect(web()).toBeUndefined()
    const dry = await both.run('setup-web --dry-run')
    expect(dry.text).toContain('+ corridor-web at https://localhost:8080')
    expect(dry.writes).toEqual([])
  })
})
