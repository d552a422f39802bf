import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiClient, CustomerJourney, fetchToken } from '@corridor/embedded'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Five seconds are promised on a machine that is not busy with other tests. */
const STOP_LIMIT_MS = 30_000
/** Away from the usual ports, where a platform may be running. */
const OFFSET = 20_000

interface Run {
  readonly child: ChildProcess
  readonly ready: Promise<void>
  readonly ended: Promise<number | null>
  output(): string
}

let folder: string
let dataDirectory: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'corridor-restart-'))
  chmodSync(folder, 0o755) // PostgreSQL's own user passes through when the tests run as root.
  dataDirectory = join(folder, '.data')
})
const running = new Set<Run>()
afterAll(async () => {
  for (const run of running) run.child.kill('SIGTERM')
  await Promise.all([...running].map(({ ended }) => ended))
  rmSync(folder, { recursive: true, force: true })
})

/** What `npm start` hands over to, on the data folder of this file. */
function start(...args: readonly string[]): Run {
  const child = spawn(process.execPath, ['packages/embedded/dist/main.js', ...args], {
    cwd: ROOT,
    env: { DATA_DIR: dataDirectory, PLATFORM_PORT_OFFSET: String(OFFSET) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (output.includes('Ready after')) resolve()
      })
    }
    void ended.then(() => reject(new Error(`ended before it was ready:\n${output}`)))
  })
  const run = { child, ready, ended, output: () => output }
  ready.catch(() => undefined) // Those that are to fail are looked at by their end.
  running.add(run)
  void ended.then(() => running.delete(run))
  return run
}

async function stop(run: Run, signal: NodeJS.Signals): Promise<{ code: number | null; tookMs: number }> {
  const began = performance.now()
  run.child.kill(signal)
  return { code: await run.ended, tookMs: performance.now() - began }
}

async function customer(): Promise<CustomerJourney> {
  const token = await fetchToken(`http://localhost:${9444 + OFFSET}/oauth2/token`, 'customer1')
  return new CustomerJourney(new ApiClient(`http://localhost:${4000 + OFFSET}/graphql`, token))
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })

describe('a platform that is stopped and started again', () => {
  let walletId: string

  it('stops at SIGTERM, in the middle of a deposit, and leaves no port open', async () => {
    const run = start()
    await run.ready
    const ada = await customer()
    walletId = await ada.openWallet('USD', 'Travel')
    await ada.deposit(walletId, '100.00', 'USD')
    await ada.api.request('mutation ($input: DepositInput!) { deposit(input: $input) { id } }', {
      input: { idempotencyKey: 'unfinished', walletId, amount: { amount: '11.00', currency: 'USD' } },
    })
    await ada.api.close()
    const { code, tookMs } = await stop(run, 'SIGTERM')
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(STOP_LIMIT_MS)
    for (const port of [4000, 5432, 8001, 8003, 9444]) expect(await isOpen(port + OFFSET)).toBe(false)
  })

  it('has kept what there was, and finishes what was not finished', async () => {
    const run = start()
    await run.ready
    const ada = await customer()
    await expect
      .poll(async () => (await ada.balance(walletId))?.available.amount, { timeout: 30_000, interval: 100 })
      .toBe('111.00')
    await ada.api.close()
  })

  it('lets no second one start beside it, and says so in one sentence', async () => {
    const second = start()
    expect(await second.ended).toBe(1)
    expect(second.output().trim().split('\n')).toHaveLength(1)
    expect(second.output()).toMatch(/already running on .* \(process \d+\)\. Remedy: /)
    const [first] = running
    expect(first?.child.pid).toBe(Number(readFileSync(join(dataDirectory, 'run', 'platform.pid'), 'utf8')))
  })

  it('is killed, and the next one finds its database left behind and goes on', async () => {
    const [first] = running
    if (!first) throw new Error('there is none running')
    await stop(first, 'SIGKILL')
    expect(await isOpen(5432 + OFFSET)).toBe(true)
    const run = start()
    await run.ready
    const ada = await customer()
    expect((await ada.balance(walletId))?.available.amount).toBe('111.00')
    await ada.api.close()
    expect((await stop(run, 'SIGINT')).code).toBe(0)
  })

  it('begins anew with --reset', async () => {
    const run = start('--reset')
    await run.ready
    const ada = await customer()
    expect(await ada.balance(walletId)).toBeNull()
    await ada.api.close()
    expect((await stop(run, 'SIGTERM')).code).toBe(0)
    expect(existsSync(join(dataDirectory, 'run', 'platform.pid'))).toBe(false)
  })
})
