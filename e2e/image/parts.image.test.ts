import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { generate } from '@corridor/certs'
import { DEPOSIT, OPEN_WALLET } from '@corridor/embedded'
import { startTestIdentity, type TestIdentity } from '@corridor/testing'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type ComposedPart, readComposition, readParts } from './composition.ts'
import { commandsOf } from './docker-file.ts'
import { defaultsOf, startWebServer } from './web-server.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const BUILD_TIMEOUT_MS = 600_000
const WAIT = { timeout: 120_000, interval: 200 }
const USERNAME = 'nina-example'
const PASSWORD = 'Correct-horse-1'
/** Below those that outgoing connections take: the parts are told their ports long before they listen. */
const FIRST_PORT = 21_300
/** Of the workers, which have no other. */
const FIRST_OPERATIONS_PORT = 21_330
const SUBGRAPHS = ['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet']

const folder = mkdtempSync(join(tmpdir(), 'corridor-image-'))
const app = join(folder, 'app')
const settings = join(folder, 'run')
const certs = join(folder, 'certs')
const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`

/** What it prints, run to the end with those variables and no other. Rejects with all that it said when it fails. */
async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const own = { PATH: path, HOME: process.env.HOME ?? folder, ...env }
  const { stdout } = await promisify(execFile)(program, args, { cwd: app, timeout: BUILD_TIMEOUT_MS, env: own })
  return stdout
}

beforeAll(async () => {
  chmodSync(folder, 0o755) // nginx's own user passes through when the tests run as root.
  mkdirSync(app)
  await run('git', ['clone', '--quiet', '--depth', '1', `file://${ROOT}`, app])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the image of the parts', () => {
  it('is built from a clean checkout by the steps of the Dockerfile', async () => {
    // What a machine is told of its proxies and registries goes with it, as Docker hands it to a build.
    const around = Object.entries(process.env).filter(([name]) => !/^(NODE_ENV|VITEST.*)$/.test(name))
    const env = { ...(Object.fromEntries(around) as Record<string, string>), PATH: path } // What is there has a value.
    for (const command of commandsOf(join(app, 'Dockerfile'), 'build')) await run('sh', ['-c', command], env)
    for (const { command } of composition()) expect(existsSync(join(app, command.at(-1) ?? ''))).toBe(true)
  })

  it('has none of the tools that only build and test', () => {
    for (const tool of ['@biomejs/biome', 'playwright-core', 'fast-check', '@apollo/client']) {
      expect(existsSync(join(app, 'node_modules', tool)), tool).toBe(false)
    }
    expect(readdirSync(join(app, 'router')).filter((file) => file.endsWith('.tsbuildinfo'))).toEqual([])
  })
})

/** As `.env` would set them. */
const VARIABLES = { REDIS_PASSWORD: 'unused', POSTGRES_PASSWORD: 'unused', WSO2_DB_PASSWORD: 'unused' }
const composition = (): readonly ComposedPart[] => readParts(join(app, 'docker-compose.yml'), VARIABLES)
const workers = (): string[] =>
  composition().flatMap(({ name, command }) => (command.some((word) => word.startsWith('workers/')) ? [name] : []))

describe('the composed parts on it', () => {
  const running = new Map<string, ChildProcess>()
  const ports = new Map<string, number>()
  let identity: TestIdentity
  /** What stands in the place of the other containers. */
  let around: Record<string, string>

  beforeAll(async () => {
    for (const [at, name] of [...SUBGRAPHS, 'router'].entries()) ports.set(name, FIRST_PORT + at)
    for (const [at, name] of workers().entries()) ports.set(name, FIRST_OPERATIONS_PORT + at)
    identity = await startTestIdentity()
    const issuer = identity.access.tokenUrl
    around = {
      DATABASE_URL: inject('postgresAdminUrl'),
      REDIS_URL: `${inject('redisUrl')}/5`,
      KAFKA_BROKERS: inject('kafkaBrokers').join(','),
      KAFKA_TOPIC_PREFIX: 'image.',
      DYNAMODB_ENDPOINT: inject('dynamoEndpoint'),
      OIDC_ISSUER: issuer,
      OIDC_JWKS_URI: issuer.replace(/token$/, 'jwks'),
      IDENTITY_CLIENT_ID: identity.access.clientId,
      IDENTITY_CLIENT_SECRET: identity.access.clientSecret,
    }
    const parties = [...SUBGRAPHS, 'router', 'workers', 'web'].map((name) => ({
      name,
      hosts: ['localhost'],
      keystore: false,
    }))
    generate({ folder: certs, now: new Date(), parties })
  })
  afterAll(async () => {
    for (const child of running.values()) child.kill('SIGKILL')
    await identity.close()
  })

  /** Names of containers and paths in them, as they are on this machine. */
  const here = (text: string): string => {
    let changed = text.replaceAll('/run/corridor', settings)
    changed = changed.replaceAll(/\/certs\/[\w-]+\/([\w-]+\.(?:pem|key))/g, `${certs}/$1`)
    for (const [name, port] of ports)
      changed = changed.replaceAll(new RegExp(`//${name}:\\d+`, 'g'), `//localhost:${port}`)
    return changed
  }
  const envOf = ({ name, env }: ComposedPart): Record<string, string> => {
    const own = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, here(value)]))
    const port = String(ports.get(name) ?? 0)
    const operations = { OPERATIONS_HOST: '127.0.0.1', OPERATIONS_PORT: workers().includes(name) ? port : '0' }
    return { ...own, ...around, ...operations, HOST: '127.0.0.1', PORT: port, NODE_ENV: 'production' }
  }
  const tokenOf = async (username: string): Promise<string> => {
    const response = await fetch(identity.access.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'password', client_id: 'corridor-cli', username, password: PASSWORD }),
    })
    const { access_token } = (await response.json()) as { access_token?: string } // RFC 6749, section 5.1.
    if (access_token === undefined) throw new Error(`No token for ${username}: ${response.status}`)
    return access_token
  }
  const start = async (part: ComposedPart): Promise<void> => {
    let said = ''
    const child = spawn(process.execPath, part.command.map(here), {
      cwd: app,
      env: { PATH: path, ...envOf(part) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    running.set(part.name, child)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
    }
    await new Promise<void>((started, failed) => {
      child.once('message', () => started())
      child.once('exit', (code) => failed(new Error(`${part.name} ended with ${code}:\n${said}`)))
    })
  }

  it('have databases and settings by the command of the service `environment`, the same ones the next time', async () => {
    const make = () =>
      run(process.execPath, ['packages/embedded/dist/environment/main.js', '--folder', settings], around)
    const written = (await make()).trim().split('\n')
    expect(written.sort()).toEqual(
      composition()
        .map(({ name }) => `${name}.env`)
        .sort(),
    )
    const contents = () => written.map((file) => readFileSync(join(settings, file), 'utf8'))
    const before = contents()
    await make()
    expect(contents()).toEqual(before)
    for (const file of [...written, 'secrets.json']) expect(statSync(join(settings, file)).mode & 0o077).toBe(0)
  })

  it('start, subgraphs first, and are ready by their own health checks', async () => {
    const all = composition()
    const isSubgraph = ({ name }: ComposedPart) => SUBGRAPHS.includes(name)
    await Promise.all(all.filter(isSubgraph).map(start))
    await Promise.all(all.filter((part) => !isSubgraph(part)).map(start))
    for (const part of all) {
      if (part.probe === null) continue
      const [program = '', ...words] = part.probe
      expect(program).toBe('node')
      await vi.waitFor(() => run(process.execPath, words.map(here), envOf(part)), WAIT)
    }
  })

  it('take a customer in, and his first deposit arrives', async () => {
    const agent = new Agent({ connect: { ca: readFileSync(join(certs, 'ca.pem')) } })
    const ask = async <Data>(query: string, variables: object, token?: string): Promise<Data> => {
      const { body } = await request(`https://localhost:${ports.get('router')}/graphql`, {
        method: 'POST',
        dispatcher: agent,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables }),
      })
      const { data, errors } = (await body.json()) as { data?: Data; errors?: unknown } // GraphQL over HTTP.
      if (!data || errors) throw new Error(JSON.stringify(errors))
      return data
    }
    const person = { username: USERNAME, email: 'nina@example.com', givenName: 'Nina', familyName: 'Okafor' }
    await ask('mutation ($input: RegisterProfileInput!) { registerProfile(input: $input) { id } }', {
      input: { ...person, password: PASSWORD },
    })
    const token = await tokenOf(person.username)
    const { openWallet } = await ask<{ openWallet: { id: string } }>(
      OPEN_WALLET,
      { input: { idempotencyKey: 'wallet', currency: 'USD', name: 'First' } },
      token,
    )
    const input = { idempotencyKey: 'deposit', walletId: openWallet.id, amount: { amount: '25.00', currency: 'USD' } }
    await ask(DEPOSIT, { input }, token)
    await vi.waitFor(async () => {
      const query = 'query ($id: ID!) { wallet(id: $id) { balance { available { amount } } } }'
      expect(await ask(query, { id: openWallet.id }, token)).toEqual({
        wallet: { balance: { available: { amount: '25.00' } } },
      })
    }, WAIT)
    await agent.close()
  })

  it('are reached by the web app, which loads its own files alone', async () => {
    const [port, healthPort] = [FIRST_PORT + 10, FIRST_PORT + 11]
    const all = readComposition(join(app, 'docker-compose.yml'), VARIABLES)
    const { env = {} } = all.find(({ name }) => name === 'web') ?? {}
    const server = startWebServer({
      templates: join(app, 'deploy/web'),
      folder: join(folder, 'web'),
      env: {
        ...defaultsOf(join(app, 'Dockerfile')),
        ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)])),
        ROUTER_URL: `https://127.0.0.1:${ports.get('router')}`,
        ROUTER_NAME: 'localhost',
        NGINX_LOCAL_RESOLVERS: '127.0.0.1',
        WEB_PORT: String(port),
        WEB_HEALTH_PORT: String(healthPort),
        WEB_ROOT: join(app, 'web/dist'),
      },
    })
    running.set('web', server)
    const origin = `https://localhost:${port}`
    const agent = new Agent({ connect: { ca: readFileSync(join(certs, 'ca.pem')) } })
    const get = async (path: string) => {
      const { statusCode, headers, body } = await request(`${origin}${path}`, { dispatcher: agent })
      return { status: statusCode, headers, text: await body.text() }
    }
    await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${healthPort}/health`)).status).toBe(200), WAIT)

    const page = await get('/wallets/some-page')
    expect(page).toMatchObject({ status: 200, headers: { 'cache-control': 'no-cache' } })
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(page.text) ?? []
    expect(await get(script)).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' },
    })
    expect(page.text).not.toMatch(/(src|href)="https?:/)
    expect((await get('/assets/missing.js')).status).toBe(404)
    expect(JSON.parse((await get('/config.json')).text)).toMatchObject({ clientId: 'corridor-web' })

    const { body } = await request(`${origin}/graphql`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json', origin, authorization: `Bearer ${await tokenOf(USERNAME)}` },
      body: '{"query":"{ me { username } }"}',
    })
    expect(await body.json()).toEqual({ data: { me: { username: USERNAME } } })
    const socket = new WebSocket(`wss://localhost:${port}/graphql`, 'graphql-transport-ws', {
      ca: readFileSync(join(certs, 'ca.pem')),
      origin,
    })
    const acknowledged = new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('message', (data) => resolve(JSON.parse(String(data))))
    })
    socket.once('open', () => socket.send('{"type":"connection_init"}'))
    expect(await acknowledged).toEqual({ type: 'connection_ack' })
    socket.close()
    await agent.close()
  })

  it('end by themselves when they are told to', async () => {
    const ended = [...running.values()].map(
      (child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve)),
    )
    for (const child of running.values()) child.kill('SIGTERM')
    expect(await Promise.all(ended)).toEqual(ended.map(() => 0))
    running.clear()
  })
})
