import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ROOT = join(import.meta.dirname, '..', '..')
/** Of the peers that the platform itself does not use. */
const HIVE_FOLDER = join(ROOT, '.tools', 'router-peers')
const HIVE_RUNTIME = '@graphql-hive/router-runtime'
const HIVE = { '@graphql-hive/gateway': '2.15.1', [HIVE_RUNTIME]: '1.4.23', graphql: '16.15.0' }
const START_TIMEOUT_MS = 60_000

export const PEERS = ['ours', 'stock', 'hiveGateway', 'hiveRuntime'] as const
export type PeerName = (typeof PEERS)[number]

export interface Peer {
  readonly name: PeerName
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

export interface PeerFiles {
  /** Where files may be written that go with the run. */
  readonly folder: string
  readonly supergraph: string
  /** Without what Apollo's gateway refuses to know. */
  readonly plainSupergraph: string
  readonly jwks: string
}

/** Installs what only the benchmark needs, once, beside the project's own dependencies. */
export function installHive(): void {
  const manifest = join(HIVE_FOLDER, 'package.json')
  const wanted = JSON.stringify({ private: true, dependencies: HIVE })
  if (existsSync(manifest) && readFileSync(manifest, 'utf8') === wanted && existsSync(join(HIVE_FOLDER, 'done'))) return
  console.error('Installing Hive Gateway from the npm registry into .tools')
  mkdirSync(HIVE_FOLDER, { recursive: true })
  writeFileSync(manifest, wanted)
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: HIVE_FOLDER,
    stdio: ['ignore', 2, 2],
  })
  // Where it cannot be loaded, Hive Gateway goes on with its own runtime, and says so in its log alone.
  execFileSync(process.execPath, ['--input-type=module', '-e', `await import('${HIVE_RUNTIME}')`], { cwd: HIVE_FOLDER })
  writeFileSync(join(HIVE_FOLDER, 'done'), '')
}

/** Starts a peer with its production settings, as a process of its own. */
export async function startPeer(name: PeerName, files: PeerFiles): Promise<Peer> {
  const port = await freePort()
  const child = spawn(process.execPath, argumentsOf(name, port, files), {
    cwd: files.folder,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: 'true' },
    stdio: ['ignore', 'ignore', 2],
  })
  const url = `http://127.0.0.1:${port}/graphql`
  await ready(child, url)
  return { name, url, pid: child.pid ?? 0, stop: () => stopped(child) }
}

function argumentsOf(name: PeerName, port: number, files: PeerFiles): string[] {
  const here = (file: string): string => join(import.meta.dirname, file)
  if (name === 'ours') return [here('ours.ts'), String(port), files.supergraph, files.jwks]
  if (name === 'stock') return [here('stock.ts'), String(port), files.plainSupergraph]
  const config = join(files.folder, 'gateway.config.mjs')
  writeFileSync(config, HIVE_CONFIG)
  const program = join(HIVE_FOLDER, 'node_modules', '@graphql-hive', 'gateway', 'dist', 'bin.js')
  const own = name === 'hiveRuntime' ? ['--hive-router-runtime'] : ['--jit']
  return [program, 'supergraph', files.plainSupergraph, '-c', config, '-h', '127.0.0.1', '-p', String(port), ...own]
}

/** The token goes on to the subgraphs, and identical requests in flight share their answer, where they are of one token. */
const HIVE_CONFIG = `export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') }),
  },
  inboundInflightRequestDeduplication: { shouldIncludeHeader: (name) => name === 'authorization' },
}
`

async function ready(child: ChildProcess, url: string): Promise<void> {
  const until = performance.now() + START_TIMEOUT_MS
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`a peer ended with ${child.exitCode}`)
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    }).catch(() => null) // Not listening yet; a peer that never does is reported below.
    if (answer?.ok) return
    await sleep(100)
  }
  throw new Error(`a peer did not start within ${START_TIMEOUT_MS / 1_000} seconds`)
}

export async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const killed = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(killed)
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return typeof address === 'object' && address !== null ? address.port : 0
}
