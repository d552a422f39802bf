import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiClient, CustomerJourney, fetchToken } from '@corridor/embedded'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Away from the usual ports, where a platform may be running. */
export const OFFSET = 20_000

/** One run of the command. */
export interface Run {
  readonly child: ChildProcess
  readonly ready: Promise<void>
  readonly ended: Promise<number | null>
  output(): string
}

/** What `npm start` hands over to, on a temporary data folder. */
export class PlatformCommand {
  private readonly folder = mkdtempSync(join(tmpdir(), 'corridor-command-'))
  readonly dataDirectory = join(this.folder, '.data')
  readonly running = new Set<Run>()

  constructor(private readonly env: Readonly<Record<string, string>> = {}) {
    chmodSync(this.folder, 0o755) // PostgreSQL's own user passes through when the tests run as root.
  }

  start(...args: readonly string[]): Run {
    const child = spawn(process.execPath, ['packages/embedded/dist/main.js', ...args], {
      cwd: ROOT,
      env: this.environment(),
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
    this.running.add(run)
    void ended.then(() => this.running.delete(run))
    return run
  }

  /** What another command beside the platform prints; it must succeed. */
  beside(main: string, ...args: readonly string[]): string {
    return execFileSync(process.execPath, [main, ...args], { cwd: ROOT, env: this.environment(), encoding: 'utf8' })
  }

  private environment(): Record<string, string> {
    return { ...this.env, DATA_DIR: this.dataDirectory, PLATFORM_PORT_OFFSET: String(OFFSET) }
  }

  async stop(run: Run, signal: NodeJS.Signals): Promise<{ code: number | null; tookMs: number }> {
    const began = performance.now()
    run.child.kill(signal)
    return { code: await run.ended, tookMs: performance.now() - began }
  }

  /** Ends what still runs and removes the folder. */
  async close(): Promise<void> {
    await Promise.all([...this.running].map((run) => this.stop(run, 'SIGTERM')))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The first customer, signed in at the platform that runs. */
export async function customer(): Promise<CustomerJourney> {
  const token = await fetchToken(`http://localhost:${9444 + OFFSET}/oauth2/token`, 'customer1')
  return new CustomerJourney(new ApiClient(`http://localhost:${4000 + OFFSET}/graphql`, token))
}

export const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
