import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '@corridor/dev-services'
import { startTokenIssuer } from '@corridor/testing'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Below the ports that the system gives to connections of its own choice. */
export const PORT_OFFSET = Number(process.env.PLATFORM_PORT_OFFSET ?? 23_000)
const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 10_000
/** As root, PostgreSQL runs as another user, who must reach his own folder in this one. */
const PASS_THROUGH = 0o711

/** The platform as `npm start` runs it, in a process of its own, with an identity server whose users are ours to make. */
export interface BenchPlatform {
  /** http://localhost:4000/graphql, moved by the offset. */
  readonly url: string
  readonly pid: number
  readonly postgresPid: number
  /** PostgreSQL's administrator. */
  readonly adminUrl: string
  /** The inspector of the platform's process. */
  readonly inspectorUrl: string
  token(user: { subject: string; scopes: readonly string[] }): Promise<string>
  stop(): Promise<void>
}

/** @param settings further ones of the platform's own */
export async function startBenchPlatform(
  settings: Readonly<Record<string, string>> = {},
  portOffset = PORT_OFFSET,
): Promise<BenchPlatform> {
  const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-payments-'))
  chmodSync(folder, PASS_THROUGH)
  const stops: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end()
  }
  try {
    const postgres = await startPostgres({
      dataDirectory: join(folder, 'postgres', 'data'),
      binariesDirectory: join(folder, 'postgres', 'binaries'),
      logFile: join(folder, 'postgres.log'),
      port: 5432 + portOffset,
      password: randomUUID(),
    })
    stops.push(() => postgres.stop())
    const issuer = await startTokenIssuer()
    stops.push(() => issuer.close())
    const platform = await startProcess({
      DATA_DIR: join(folder, 'data'),
      PLATFORM_PORT_OFFSET: String(portOffset),
      DATABASE_URL: postgres.adminUrl,
      OIDC_ISSUER: issuer.url,
      // What follows the identity server's users finds none with ours, and says so every few seconds.
      LOG_LEVEL: 'fatal',
      ...settings,
    })
    stops.push(platform.stop)
    return {
      url: `http://localhost:${4000 + portOffset}/graphql`,
      pid: platform.pid,
      postgresPid: postgres.pid,
      adminUrl: postgres.adminUrl,
      inspectorUrl: platform.inspectorUrl,
      token: issuer.token,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startProcess(settings: Record<string, string>) {
  const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', join(ROOT, 'packages/embedded/dist/main.js')], {
    cwd: ROOT,
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output += chunk.toString()
      if (output.includes('Ready after')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', (chunk: Buffer) => {
      hear(chunk)
      if (output.includes('Ready after')) process.stderr.write(chunk)
    })
    child.once('exit', (code) => reject(new Error(`the platform ended with ${code}:\n${output}`)))
  })
  const late = sleep(START_TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`the platform was not ready in time:\n${output}`)
  })
  try {
    await Promise.race([ready, late])
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  const inspectorUrl = /ws:\/\/\S+/.exec(output)?.[0] ?? ''
  return { pid: child.pid ?? 0, inspectorUrl, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<true>((resolve) => child.once('exit', () => resolve(true)))
  child.kill('SIGTERM')
  if (await Promise.race([ended, sleep(STOP_TIMEOUT_MS, false, { ref: false })])) return
  child.kill('SIGKILL')
  await ended
}
