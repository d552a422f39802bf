/**
 * `npm run bench -- start`: from a fresh clone to a ready platform, installation included; from its stop to ready again;
 * what it holds in memory when idle; and how long the journey takes in the terminal. On a clone of what is committed.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { resetDataDirectory } from '@corridor/embedded'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Beside a platform that may be running on the usual ports; not 2000, since no browser and no fetch opens port 6000. */
const PORT_OFFSET = '3000'
const START_TIMEOUT_MS = 300_000
const STOP_TIMEOUT_MS = 10_000
const IDLE_MS = 10_000
const KIB_PER_MIB = 1024

const GOALS = {
  coldStartMs: { atMost: 120_000 },
  warmStartMs: { atMost: 10_000 },
  idleMemoryMb: { atMost: 700 },
  journeyMs: { atMost: 15_000 },
} as const

type Figures = Record<keyof typeof GOALS, number>

const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-'))
const clone = join(folder, 'corridor')
const { npm_config_local_prefix: _, ...inherited } = process.env
const env = { ...inherited, PLATFORM_PORT_OFFSET: PORT_OFFSET }
const running = new Set<ChildProcess>()

async function measure(): Promise<Figures> {
  const began = performance.now()
  execFileSync('git', ['clone', '--quiet', ROOT, clone], { stdio: ['ignore', 2, 2] })
  const cold = await start()
  const coldStartMs = performance.now() - began
  await stop(cold)

  const again = performance.now()
  const warm = await start()
  const warmStartMs = performance.now() - again
  await sleep(IDLE_MS)
  const idleMemoryMb = residentMb()

  const journey = performance.now()
  execFileSync('npm', ['run', '--silent', 'demo'], { cwd: clone, env, stdio: ['ignore', 'ignore', 2] })
  const journeyMs = performance.now() - journey
  await stop(warm)
  return { coldStartMs, warmStartMs, idleMemoryMb, journeyMs }
}

/** `npm start` in the clone, up to the line that says ready. */
async function start(): Promise<ChildProcess> {
  const child = spawn('npm', ['start'], { cwd: clone, env, stdio: ['ignore', 'pipe', 2], detached: true })
  running.add(child)
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('Ready after')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${output}`)))
  })
  const late = sleep(START_TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`npm start was not ready within ${START_TIMEOUT_MS / 1000} seconds:\n${output}`)
  })
  await Promise.race([ready, late])
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise<true>((resolve) => child.once('exit', () => resolve(true)))
  process.kill(platformPid(), 'SIGTERM')
  const inTime = await Promise.race([ended, sleep(STOP_TIMEOUT_MS, false, { ref: false })])
  if (!inTime) throw new Error(`the platform did not stop within ${STOP_TIMEOUT_MS / 1000} seconds`)
  running.delete(child)
}

/** After a failure: whatever is still running goes before its folder does. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  process.kill(-child.pid, 'SIGTERM')
  await Promise.race([ended, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })])
}

const platformPid = (): number => Number(readFileSync(join(clone, '.data', 'run', 'platform.pid'), 'utf8'))

/** Of the platform's process, PostgreSQL left out. */
const residentMb = (): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(platformPid())], { encoding: 'utf8' })) / KIB_PER_MIB

function report(figures: Figures): void {
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value)]))
  console.table(Object.entries(GOALS).map(([figure, { atMost }]) => ({ figure, measured: rounded[figure], atMost })))
  const pass = Object.entries(GOALS).every(
    ([name, { atMost }]) => (rounded[name] ?? Number.POSITIVE_INFINITY) <= atMost,
  )
  console.log(JSON.stringify({ bench: 'start', figures: rounded, goals: GOALS, pass }))
  process.exitCode = pass ? 0 : 1
}

try {
  report(await measure())
} finally {
  // Each is the leader of its own group: npm, its shell and the platform.
  for (const child of running) await end(child)
  resetDataDirectory(join(clone, '.data'))
  rmSync(folder, { recursive: true, force: true })
}
