import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLogger } from '@corridor/platform'
import { errors, exportJWK, generateKeyPair, type JWK } from 'jose'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { issuerKeys } from '../src/issuer-keys.ts'

const MINUTE_MS = 60_000
const MAX_AGE_MS = 120 * MINUTE_MS
/** After it keys are read again. */
const REFRESH_MS = 10 * MINUTE_MS
const TOKEN = { payload: '', signature: '' }

/** An issuer of one key whose answers the test decides, and a clock that stands still. */
async function issuer() {
  const jwk: JWK = { ...(await exportJWK((await generateKeyPair('RS256')).publicKey)), kid: 'one', alg: 'RS256' }
  const state = { status: 200, keys: [jwk] as JWK[], asked: 0, nowMs: 1_000_000 }
  const server = createServer((_, response) => {
    state.asked += 1
    response.writeHead(state.status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: state.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`) // A TCP server's is no path.
  const keys = issuerKeys({ url, maxAgeMs: MAX_AGE_MS, logger: silentLogger, nowMs: () => state.nowMs })
  return { state, jwk, find: (kid: string) => keys({ alg: 'RS256', kid }, TOKEN) }
}

describe('the keys of an issuer', () => {
  it('are read once, and again in the background before they are old', async () => {
    const { state, find } = await issuer()
    const key = await find('one')
    state.nowMs += REFRESH_MS
    expect(await find('one')).toBe(key)
    expect(state.asked).toBe(1)
    state.nowMs += 1
    expect(await find('one')).toBe(key)
    await vi.waitFor(() => expect(state.asked).toBe(2), { timeout: 30_000 })
  })

  it('that are known go on for their stated time while the issuer is away, which is asked once a second', async () => {
    const { state, find } = await issuer()
    await find('one')
    state.status = 503
    state.nowMs += MAX_AGE_MS
    for (let count = 0; count < 10; count += 1) await expect(find('one')).resolves.toBeDefined()
    await vi.waitFor(() => expect(state.asked).toBe(2), { timeout: 30_000 })
    state.nowMs += 1
    for (let count = 0; count < 10; count += 1) await expect(find('one')).rejects.toThrow('status 503')
    expect(state.asked).toBe(2)
    state.nowMs += 1_000
    state.status = 200
    await expect(find('one')).resolves.toBeDefined()
    expect(state.asked).toBe(3)
  })

  it('that nobody knows are asked for once in ten seconds, and are no keys if the issuer says so', async () => {
    const { state, jwk, find } = await issuer()
    await find('one')
    state.nowMs += 10_000
    for (let count = 0; count < 10; count += 1) await expect(find('two')).rejects.toThrow(errors.JWKSNoMatchingKey)
    expect(state.asked).toBe(2)
    state.keys = [jwk, { ...jwk, kid: 'two' }]
    state.nowMs += 10_000
    await expect(find('two')).resolves.toBeDefined()
    expect(state.asked).toBe(3)
  })

  it('that nobody knows are neither taken nor refused while the issuer is away', async () => {
    const { state, find } = await issuer()
    await find('one')
    state.status = 503
    state.nowMs += 10_000
    for (let count = 0; count < 10; count += 1) await expect(find('two')).rejects.toThrow('status 503')
    expect(state.asked).toBe(2)
    await expect(find('one')).resolves.toBeDefined()
  })

  it('are not changed by what is no set of keys', async () => {
    const { state, find } = await issuer()
    await find('one')
    state.keys = 'none' as unknown as JWK[] // As an issuer that is broken may say.
    state.nowMs += 10_000
    await expect(find('two')).rejects.toThrow(errors.JWKSInvalid)
    await expect(find('one')).resolves.toBeDefined()
  })
})
