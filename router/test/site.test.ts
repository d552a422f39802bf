import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeHttp, listenHttp } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorReply, send } from '../src/http.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { secured } from '../src/security-headers.ts'
import { createSite } from '../src/site.ts'

const SCRIPT = 'console.log("hello");'.repeat(100)
const CONFIG = { issuer: 'https://identity.test/oauth2/token', clientId: 'web', traceUrl: null }
const folder = mkdtempSync(join(tmpdir(), 'corridor-site-'))
const directory = join(folder, 'dist')

let origin: string
let server: Awaited<ReturnType<typeof listenHttp>>['server']

beforeAll(async () => {
  mkdirSync(join(directory, 'assets'), { recursive: true })
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Corridor</title>')
  writeFileSync(join(directory, 'assets', 'app-1a2b.js'), SCRIPT)
  writeFileSync(join(folder, 'secret.txt'), 'not for you')
  const site = createSite({ directory: `${directory}/`, config: CONFIG })
  const listening = await listenHttp(
    async (request, response) =>
      send(response, secured((await site(request)) ?? errorReply(404, 'NOT_FOUND', 'There is nothing here.'), false)),
    { port: 0, host: '127.0.0.1', limits: DEFAULT_LIMITS },
  )
  server = listening.server
  origin = `http://127.0.0.1:${listening.port}`
})

afterAll(async () => {
  await closeHttp(server)
  rmSync(folder, { recursive: true })
})

const open = (path: string, accept = 'text/html,*/*'): Promise<Response> =>
  fetch(`${origin}${path}`, { headers: { accept } })

describe('the web app', () => {
  it.each(['/', '/payments', '/payments/5f?status=FAILED', '/callback'])('is shown at %s', async (path) => {
    const response = await open(path)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<title>Corridor</title>')
    expect(response.headers.get('cache-control')).toBe('no-cache')
  })

  it('may run and load its own files alone, and talk to the identity server beside its own address', async () => {
    const policy = (await open('/')).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("style-src 'self';")
    expect(policy).toContain("connect-src 'self' https://identity.test;")
    expect(policy).not.toMatch(/unsafe|\*/)
  })

  it('has files that are kept for ever, since their names change with them, and come compressed', async () => {
    const response = await open('/assets/app-1a2b.js', '*/*')
    expect(await response.text()).toBe(SCRIPT)
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(Number(response.headers.get('content-length'))).toBeLessThan(SCRIPT.length / 2)
  })

  it('is told who issues tokens, at run time', async () => {
    const response = await open('/config.json', '*/*')
    expect(await response.json()).toEqual(CONFIG)
  })

  it.each(['/assets/app-old.js', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/../../secret.txt', '/favicon.ico'])(
    'does not pretend to have %s',
    async (path) => {
      expect((await open(path)).status).toBe(404)
    },
  )

  it('answers programs that ask for no page with 404', async () => {
    expect((await open('/payments', 'application/json')).status).toBe(404)
  })
})
