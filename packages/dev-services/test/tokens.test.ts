import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DevelopmentIdentity, ROLE_SCOPES } from '../src/index.ts'
import { AUDIENCE, askForToken, authorizationRequest, Browser, logIn, REDIRECT_URI, start } from './identity-client.ts'

let identity: DevelopmentIdentity

beforeAll(async () => {
  identity = await start()
})
afterAll(() => identity.close())

test("discovery is below the issuer and names Identity Server's paths", async () => {
  const response = await fetch(`${identity.issuer}/.well-known/openid-configuration`)
  expect(await response.json()).toMatchObject({
    issuer: identity.issuer,
    token_endpoint: `${identity.url}/oauth2/token`,
    authorization_endpoint: `${identity.url}/oauth2/authorize`,
    jwks_uri: `${identity.url}/oauth2/jwks`,
  })
})

test('a password gives a token that verifies with the published keys and carries the claims of Identity Server', async () => {
  const { status, body } = await logIn(identity, 'customer1')
  expect(status).toBe(200)
  const { payload, protectedHeader } = await jwtVerify(
    body.access_token ?? '',
    createRemoteJWKSet(new URL(identity.jwksUri)),
    { issuer: identity.issuer, audience: AUDIENCE },
  )
  expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'at+jwt' })
  expect(payload).toMatchObject({
    iss: identity.issuer,
    sub: '00000000-0000-4000-8000-000000000001',
    aud: ['corridor-cli', AUDIENCE],
    azp: 'corridor-cli',
    client_id: 'corridor-cli',
    aut: 'APPLICATION_USER',
    username: 'customer1',
    given_name: 'Ada',
    family_name: 'Lovelace',
    email: 'customer1@example.com',
    country: 'US',
    zoneinfo: 'America/New_York',
    locale: 'en-US',
  })
  expect(Number(payload.exp) - Number(payload.iat)).toBe(3600)
})

test("without a scope a password gives all scopes of the user's roles", async () => {
  const { body } = await logIn(identity, 'auditor')
  expect(body.scope?.split(' ').sort()).toEqual([...ROLE_SCOPES.auditor].sort())
})

test("of the scopes asked for only those of the user's roles are granted", async () => {
  const { body } = await logIn(identity, 'customer1', 'customer1', 'openid wallets:read wallets:admin no:such')
  expect(body.scope).toBe('openid wallets:read')
  expect(decodeJwt(body.access_token ?? '').scope).toBe('openid wallets:read')
})

test('a wrong password and an unknown user are the same refusal', async () => {
  const wrong = await logIn(identity, 'customer2', 'not-it')
  const unknown = await logIn(identity, 'nobody-at-all', 'not-it')
  expect(wrong.status).toBe(400)
  expect(wrong.body.error).toBe('invalid_grant')
  expect(unknown).toEqual(wrong)
})

test('a token without any scope is given when the roles have none of those asked for, and can be refreshed', async () => {
  const first = await logIn(identity, 'customer1', 'customer1', 'rules:write')
  expect(decodeJwt(first.body.access_token ?? '')).not.toHaveProperty('scope')
  const refresh = { grant_type: 'refresh_token', refresh_token: first.body.refresh_token ?? '' }
  const second = await askForToken(identity, refresh)
  expect(second.status).toBe(200)
  expect(decodeJwt(second.body.access_token ?? '')).not.toHaveProperty('scope')
})

test('twenty right logins at once are all let in', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => logIn(identity, 'finance')))
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
})

test('a refresh token gives a new access token with the same scopes', async () => {
  const first = await logIn(identity, 'customer1', 'customer1', 'wallets:read payments:read')
  const second = await askForToken(identity, {
    grant_type: 'refresh_token',
    refresh_token: first.body.refresh_token ?? '',
  })
  expect(second.status).toBe(200)
  expect(decodeJwt(second.body.access_token ?? '')).toMatchObject({
    sub: '00000000-0000-4000-8000-000000000001',
    scope: 'wallets:read payments:read',
    aud: ['corridor-cli', AUDIENCE],
  })
})

test("an application's own token says so and names no user", async () => {
  const { status, body } = await askForToken(
    identity,
    { grant_type: 'client_credentials', scope: 'internal_user_mgt_list wallets:read' },
    { clientId: 'corridor-services', secret: 'corridor-services-development-secret' },
  )
  expect(status).toBe(200)
  const claims = decodeJwt(body.access_token ?? '')
  expect(claims).toMatchObject({ aut: 'APPLICATION', azp: 'corridor-services', scope: 'internal_user_mgt_list' })
  expect(claims).not.toHaveProperty('username')
})

test('a wrong client secret is refused', async () => {
  const { status, body } = await askForToken(
    identity,
    { grant_type: 'client_credentials' },
    { clientId: 'corridor-services', secret: 'guessed' },
  )
  expect([status, body.error]).toEqual([401, 'invalid_client'])
})

test('the login form gives a code, and the code with its verifier a token', async () => {
  const browser = new Browser()
  const { url, verifier } = authorizationRequest(identity, 'openid profile wallets:read wallets:admin')
  const form = await browser.open((await browser.open(url)).location)
  const action = new URL(/action="([^"]+)"/.exec(form.html)?.[1] ?? '', identity.url).href

  const refused = await browser.open(action, { username: 'customer2', password: 'not-it' })
  expect([refused.status, refused.html.includes('Wrong user name or password')]).toEqual([401, true])

  const accepted = await browser.open(action, { username: 'customer2', password: 'customer2' })
  const back = new URL((await browser.open(accepted.location)).location)
  expect(back.origin + back.pathname).toBe(REDIRECT_URI)
  expect(back.searchParams.get('state')).toBe('state-of-the-client')

  const exchange = {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT_URI,
  }
  const client = { clientId: 'corridor-web' }
  const { status, body } = await askForToken(identity, { ...exchange, code_verifier: verifier }, client)
  expect(status).toBe(200)
  expect(decodeJwt(body.access_token ?? '')).toMatchObject({
    sub: '00000000-0000-4000-8000-000000000002',
    aud: ['corridor-web', AUDIENCE],
    aut: 'APPLICATION_USER',
    scope: 'openid profile wallets:read',
    username: 'customer2',
    zoneinfo: 'Asia/Kolkata',
  })
  expect(decodeJwt(body.id_token ?? '')).toMatchObject({ aud: 'corridor-web', given_name: 'Ravi' })

  const again = await askForToken(
    identity,
    { grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' },
    client,
  )
  expect(decodeJwt(again.body.access_token ?? '').scope).toBe('openid profile wallets:read')
})

test('a code without its verifier gives nothing', async () => {
  const browser = new Browser()
  const login = (await browser.open(authorizationRequest(identity, 'openid').url)).location
  const accepted = await browser.open(login, { username: 'customer1', password: 'customer1' })
  const back = new URL((await browser.open(accepted.location)).location)
  const { body } = await askForToken(
    identity,
    {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT_URI,
      code_verifier: 'x'.repeat(43),
    },
    { clientId: 'corridor-web' },
  )
  expect(body.error).toBe('invalid_grant')
})

test('the login form of one browser is not open to another', async () => {
  const { location } = await new Browser().open(authorizationRequest(identity, 'openid').url)
  const stranger = await new Browser().open(location, { username: 'customer1', password: 'customer1' })
  expect(stranger.status).toBe(400)
})

test('a redirect to an address that was not registered is refused', async () => {
  const { url } = authorizationRequest(identity, 'openid')
  const answer = await new Browser().open(url.replace(encodeURIComponent(REDIRECT_URI), 'http%3A%2F%2Fevil.example%2F'))
  expect([answer.status, answer.location]).toEqual([400, ''])
})

test('issueToken gives a token as a login would, without the password', async () => {
  const all = decodeJwt(await identity.issueToken('ops'))
  expect(all).toMatchObject({ sub: '00000000-0000-4000-8000-000000000011', aud: ['corridor-cli', AUDIENCE] })
  expect(String(all.scope).split(' ').sort()).toEqual([...ROLE_SCOPES.ops_users].sort())
  expect(decodeJwt(await identity.issueToken('ops', ['rules:read', 'rules:write'])).scope).toBe('rules:read')
  await expect(identity.issueToken('nobody')).rejects.toThrow('there is no user nobody')
})
