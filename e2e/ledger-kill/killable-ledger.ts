import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { assertPortFree, freePort, type RunningPostgres, startPostgres } from '@corridor/dev-services'
import { ledgerMigrations } from '@corridor/ledger'
import {
  createSigner,
  generateInternalKeyPair,
  type KeyPair,
  migrate,
  provisionDatabase,
  systemClock,
} from '@corridor/platform'
import { createServiceClient, type ServiceClient } from '@corridor/subgraph'
import { expect } from 'vitest'

const PROGRAM = fileURLToPath(new URL('ledger-process.ts', import.meta.url))
const PASSWORD = 'killed'
const TIMEOUT_MS = 5_000
const GONE = { timeout: 30_000, interval: 10 }

/** A PostgreSQL and a ledger process of their own, to be killed and started again. */
export class KillableLedger {
  /** Of its own, removed with it. */
  readonly folder = mkdtempSync(join(tmpdir(), 'corridor-kill-'))
  private readonly sealingJwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  private postgres: RunningPostgres | null = null
  private ledger: ChildProcess | null = null
  private client: ServiceClient | null = null
  /** As the application role. */
  databaseUrl = ''

  private constructor(
    private readonly port: number,
    private readonly keys: KeyPair,
  ) {}

  static async start(): Promise<KillableLedger> {
    const made = new KillableLedger(await freePort(), await generateInternalKeyPair())
    chmodSync(made.folder, 0o755)
    const { adminUrl } = await made.startPostgres()
    const { ownerUrl, applicationUrl } = await provisionDatabase({
      adminUrl,
      database: 'ledger_db',
      ownerPassword: PASSWORD,
      applicationPassword: PASSWORD,
    })
    await migrate({ ownerUrl, directory: ledgerMigrations })
    made.databaseUrl = applicationUrl
    await made.startLedger()
    return made
  }

  /** One operation on the ledger's endpoint, as the payment processor. */
  async request<Data>(document: string, variables: Record<string, unknown>): Promise<Data> {
    if (!this.client) throw new Error('the ledger is not running')
    return this.client.request<Data>(document, variables)
  }

  async killLedger(): Promise<void> {
    await kill(this.ledger)
  }

  /** The server and all of its processes, as a machine that loses its power: stopped first, so that it makes no more. */
  async killPostgres(): Promise<void> {
    const pid = this.postgres?.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    for (const each of [...processesOf(pid), pid]) process.kill(each, 'SIGKILL')
    // Its port is free before it is gone, and another does not start beside it.
    await expect.poll(async () => !isRunning(pid) && (await isFree(this.port)), GONE).toBe(true)
  }

  /** Starts again what does not run. */
  async mend({ postgres, ledger }: { postgres: boolean; ledger: boolean }): Promise<void> {
    if (postgres) await this.startPostgres()
    if (ledger) await this.startLedger()
  }

  async close(): Promise<void> {
    await this.client?.close()
    await kill(this.ledger)
    await this.postgres?.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async startPostgres(): Promise<RunningPostgres> {
    this.postgres = await startPostgres({
      dataDirectory: join(this.folder, 'data'),
      binariesDirectory: join(this.folder, 'postgresql'),
      logFile: join(this.folder, 'postgres.log'),
      port: this.port,
      password: PASSWORD,
    })
    return this.postgres
  }

  private async startLedger(): Promise<void> {
    const { databaseUrl, sealingJwk, keys } = this
    const told = JSON.stringify({ databaseUrl, sealingJwk, callerJwk: keys.publicJwk })
    const child = spawn(process.execPath, [PROGRAM, told], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] })
    this.ledger = child
    const ended = once(child, 'exit').then(() => {
      throw new Error('the ledger ended before it served')
    })
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
    ended.catch(() => undefined) // From here on it may be killed.
    await this.client?.close()
    this.client = createServiceClient({
      url: JSON.parse(line).url,
      audience: 'ledger',
      signer: createSigner({ issuer: 'payment-processor', privateJwk: keys.privateJwk, clock: systemClock }),
      timeoutMs: TIMEOUT_MS,
    })
  }
}

async function kill(child: ChildProcess | null): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

const processesOf = (parent: number): number[] =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number)

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false // What the system throws has a code.
    throw error
  }
}

/** Whether the last of the server's processes has let go of its port. */
const isFree = (port: number): Promise<boolean> =>
  assertPortFree(port, 'PostgreSQL').then(
    () => true,
    () => false,
  )
