import { createHmac } from 'node:crypto'
import { exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, ISSUER, KEY_ID, startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function claims(overrides: JWTPayload = {}): JWTPayload {
  const now = Math.floor(world.clock.now().getTime() / 1000)
  return { iss: ISSUER, aud: AUDIENCE, sub: 'anna', aut: 'APPLICATION_USER', iat: now, exp: now + 60, ...overrides }
}

const signed = (payload: JWTPayload, kid = KEY_ID, key = world.issuerKey): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid }).sign(key)

async function ask(authorization: string | undefined): Promise<{ status: number; text: string }> {
  const response = await fetch(world.router.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    body: '{"query":"{ whoAmI }"}',
  })
  return { status: response.status, text: await response.text() }
}

describe('credentials', () => {
  it('that hold say who calls', async () => {
    expect(await ask(`Bearer ${await signed(claims())}`)).toEqual({ status: 200, text: '{"data":{"whoAmI":"anna"}}' })
  })

  it('that are missing open nothing that demands them', async () => {
    const { status, text } = await ask(undefined)
    expect(status).toBe(200)
    expect(text).toContain('"code":"UNAUTHORIZED_FIELD_OR_TYPE"')
  })

  it('that do not hold are refused with 401, whatever is asked', async () => {
    const past = Math.floor(world.clock.now().getTime() / 1000) - 60
    const publicKey = await importJWK(world.issuerJwk, 'RS256', { extractable: true })
    if (publicKey instanceof Uint8Array) throw new TypeError('RS256 has keys of its own.')
    const head = `${encode({ alg: 'HS256', kid: KEY_ID })}.${encode(claims())}`
    const hmac = createHmac('sha256', await exportSPKI(publicKey))
      .update(head)
      .digest('base64url')
    const { privateKey: stranger } = await generateKeyPair('RS256')
    const good = await signed(claims())
    const refused: Record<string, string> = {
      'alg none': `${encode({ alg: 'none' })}.${encode(claims())}.x`,
      'alg none without a signature': `${encode({ alg: 'none' })}.${encode(claims())}.`,
      'HS256 with the public key': `${head}.${hmac}`,
      'another audience': await signed(claims({ aud: 'another' })),
      'no audience': await signed(claims({ aud: [] })),
      'another issuer': await signed(claims({ iss: 'https://evil.test' })),
      expired: await signed(claims({ exp: past })),
      'no expiry': await signed({ iss: ISSUER, aud: AUDIENCE, sub: 'anna', aut: 'APPLICATION_USER' }),
      'not yet valid': await signed(claims({ nbf: past + 3_600 })),
      'an unknown kid': await signed(claims(), 'two'),
      'a key of somebody else': await signed(claims(), KEY_ID, stranger),
      'a changed payload': good.replace(/\.[^.]+\./, `.${encode(claims({ sub: 'ben' }))}.`),
      'a user without a name': await signed(claims({ sub: '' })),
      'no token at all': 'x',
      'a part too many': `${good}.x`,
      'no JSON': `${encode({ alg: 'RS256', kid: KEY_ID })}.x.x`,
      'an extension that must be understood': await new SignJWT(claims())
        .setProtectedHeader({ alg: 'RS256', kid: KEY_ID, crit: ['b64'], b64: true })
        .sign(world.issuerKey),
      'an algorithm of another kind of key': `${encode({ alg: 'ES256', kid: KEY_ID })}.${good.split('.').slice(1).join('.')}`,
    }
    for (const [name, token] of Object.entries(refused)) {
      const { status, text } = await ask(`Bearer ${token}`)
      expect([name, status, JSON.parse(text).errors[0].extensions.code]).toEqual([name, 401, 'UNAUTHENTICATED'])
    }
    expect((await ask(`Basic ${Buffer.from('anna:anna').toString('base64')}`)).status).toBe(401)
  })

  it('are refused in the media type that the client takes, or it would not read the code', async () => {
    const accept = 'application/graphql-response+json,application/json;q=0.9'
    const headers = { 'content-type': 'application/json', authorization: 'Bearer x', accept }
    const response = await fetch(world.router.url, { method: 'POST', headers, body: '{"query":"{ whoAmI }"}' })
    expect(response.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8')
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  it('that expire stop to hold, also when they were seen before', async () => {
    const token = await signed(claims())
    expect((await ask(`Bearer ${token}`)).status).toBe(200)
    world.clock.advanceMs(120_000)
    expect((await ask(`Bearer ${token}`)).status).toBe(401)
  })
})
