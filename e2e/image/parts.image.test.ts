import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { generate } from '@corridor/certs'
import { DEPOSIT, OPEN_WALLET } from '@corridor/embedded'
import { freePort, startTestIdentity, type TestIdentity } from '@corridor/testing'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { type ComposedPart, readComposition } from './composition.ts'
import { commandsOf } from './docker-file.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const BUILD_TIMEOUT_MS = 600_000
const WAIT = { timeout: 120_000, interval: 200 }
const PASSWORD = 'Correct-horse-1'
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
  mkdirSync(app)
  await run('git', ['clone', '--quiet', '--depth', '1', `file://${ROOT}`, app])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the image of the parts', () => {
  it(
    'is built from a clean checkout by the steps of the Dockerfile',
    async () => {
      // What a machine is told of its proxies and registries goes with it, as Docker hands it to a build.
      const around = Object.entries(process.env).filter(([name]) => !/^(NODE_ENV|VITEST.*)$/.test(name))
      const env = { ...(Object.fromEntries(around) as Record<string, string>), PATH: path } // What is there has a value.
      for (const command of commandsOf(join(app, 'Dockerfile'), 'build')) await run('sh', ['-c', command], env)
      for (const { command } of composition()) expect(existsSync(join(app, command.at(-1) ?? ''))).toBe(true)
    },
    BUILD_TIMEOUT_MS,
  )

  it('has none of the tools that only build and test', () => {
    for (const tool of ['@biomejs/biome', 'playwright-core', 'fast-check', '@apollo/client']) {
      expect(existsSync(join(app, 'node_modules', tool)), tool).toBe(false)
    }
    expect(readdirSync(join(app, 'router')).filter((file) => file.endsWith('.tsbuildinfo'))).toEqual([])
  })
})

/** As `.env` would set them. */
const VARIABLES = { REDIS_PASSWORD: 'unused', POSTGRES_PASSWORD: 'unused', WSO2_DB_PASSWORD: 'unused' }
const composition = (): readonly ComposedPart[] => readComposition(join(app, 'docker-compose.yml'), VARIABLES)

describe('the composed parts on it', () => {
  const running = new Map<string, ChildProcess>()
  const ports = new Map<string, number>()
  let identity: TestIdentity
  /** What stands in the place of the other containers. */
  let around: Record<string, string>

  beforeAll(async () => {
    for (const name of [...SUBGRAPHS, 'router']) ports.set(name, await freePort())
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
    const parties = [...SUBGRAPHS, 'router', 'workers'].map((name) => ({ name, hosts: ['localhost'], keystore: false }))
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
    return { ...own, ...around, HOST: '127.0.0.1', PORT: String(ports.get(name) ?? 0), NODE_ENV: 'production' }
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
    const person = { username: 'nina-example', email: 'nina@example.com', givenName: 'Nina', familyName: 'Okafor' }
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

  it('end by themselves when they are told to', async () => {
    const ended = [...running.values()].map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of running.values()) child.kill('SIGTERM')
    expect(await Promise.all(ended)).toEqual(ended.map(() => 0))
    running.clear()
  })
})
