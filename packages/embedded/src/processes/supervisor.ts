import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartError } from '@corridor/dev-services'
import { type Logger, STARTED } from '@corridor/platform'
import { PROJECT_ROOT } from '../settings.ts'

/** One process of the platform. */
export interface Part {
  readonly name: string
  /** Its built entry, from the root of the project. */
  readonly main: string
  /** All its settings; it is given nothing else but `PASSED_ON`. */
  readonly env: Readonly<Record<string, string>>
}

export interface SupervisorOptions {
  /** For `<part>.pid` and `<part>.log`. */
  readonly runDirectory: string
  readonly logger: Logger
}

/** What of our own environment the parts need besides their settings. */
const PASSED_ON = /^(PATH|TZ|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|OTEL_.*)$/
const FIRST_RESTART_MS = 100
const MAX_RESTART_MS = 5_000
/** A part that lived this long begins its restarts anew, without their delay. */
const STEADY_MS = 30_000
/** A part that is asked to stop and does not is killed: what it had not committed comes again. */
const STOP_TIMEOUT_MS = 2_000
/** Parts end by themselves when whoever started them is gone; this long we wait for those of a killed run. */
const LEFT_BEHIND_TIMEOUT_MS = 12_000
const POLL_MS = 50

/**
 * Runs each part as a process of its own, with its process id in a file, and starts it again whenever it ends unasked,
 * however that came about. Parts stand in groups of their own, so that a Ctrl-C reaches only us, and we stop them in order.
 */
export class Supervisor {
  private readonly parts = new Map<string, SupervisedPart>()

  constructor(private readonly options: SupervisorOptions) {}

  /** Starts the parts side by side; resolves when each has said so. @throws StartError naming one that ended instead. */
  async start(parts: readonly Part[]): Promise<void> {
    const added = parts.map((part) => new SupervisedPart(part, this.options))
    for (const part of added) this.parts.set(part.name, part)
    await Promise.all(added.map((part) => part.start()))
  }

  /** Stops these parts side by side, and all that are left without names. */
  async stop(names: readonly string[] = [...this.parts.keys()]): Promise<void> {
    await Promise.all(names.map((name) => this.parts.get(name)?.stop()))
    for (const name of names) this.parts.delete(name)
  }
}

class SupervisedPart {
  private child: ChildProcess | null = null
  private readonly stopping = new AbortController()
  private running: Promise<void> = Promise.resolve()

  constructor(
    private readonly part: Part,
    private readonly options: SupervisorOptions,
  ) {}

  get name(): string {
    return this.part.name
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.running = this.keepRunning({ resolve, reject })
    })
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    this.child?.kill('SIGTERM')
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.running.finally(() => clearTimeout(timer))
  }

  /** One run after another until we stop, or the first ends before it has started. */
  private async keepRunning(first: { resolve: () => void; reject: (reason: Error) => void }): Promise<void> {
    for (let failures = 0; !this.stopping.signal.aborted; ) {
      const startedMs = performance.now()
      const { started, how } = await this.run(first.resolve)
      if (this.stopping.signal.aborted) return
      if (!started && failures === 0) return first.reject(this.didNotStart(how))
      failures = performance.now() - startedMs > STEADY_MS ? 1 : failures + 1
      const restartMs = Math.min(FIRST_RESTART_MS * 2 ** (failures - 1), MAX_RESTART_MS)
      this.options.logger.warn({ part: this.name, how, restartMs }, 'a part ended and is started again')
      await delay(restartMs, undefined, { signal: this.stopping.signal }).catch(() => undefined) // Told to stop.
    }
  }

  /** One life of the process: whether it started, and how it ended. */
  private run(started: () => void): Promise<{ started: boolean; how: string }> {
    const log = openSync(this.file('log'), 'a')
    const passed = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name))
    const child = spawn(process.execPath, [join(PROJECT_ROOT, this.part.main)], {
      cwd: PROJECT_ROOT,
      env: { ...Object.fromEntries(passed), ...this.part.env },
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    })
    closeSync(log)
    this.child = child
    let hasStarted = false
    child.on('message', (message) => {
      if (message !== STARTED) return
      hasStarted = true
      started()
    })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('spawn', () => writeFileSync(this.file('pid'), `${child.pid}\n`))
      child.once('exit', (code, signal) => {
        rmSync(this.file('pid'), { force: true })
        resolve({ started: hasStarted, how: signal ?? `exit code ${code}` })
      })
    })
  }

  private didNotStart(how: string): StartError {
    return new StartError(`The ${this.name} process ended at its start (${how}).`, `see why in ${this.file('log')}`)
  }

  private file(kind: 'pid' | 'log'): string {
    return join(this.options.runDirectory, `${this.part.name}.${kind}`)
  }
}

/** Waits until the parts of a run that was killed have ended, and clears away what that run left of them. */
export async function clearLeftBehind(runDirectory: string): Promise<void> {
  const deadline = performance.now() + LEFT_BEHIND_TIMEOUT_MS
  for (const file of readdirSync(runDirectory)) {
    const path = join(runDirectory, file)
    if (file.endsWith('.log')) rmSync(path)
    if (!file.endsWith('.pid') || file === 'platform.pid' || !existsSync(path)) continue
    const pid = Number(readFileSync(path, 'utf8'))
    while (isRunning(pid) && performance.now() < deadline) await delay(POLL_MS)
    rmSync(path)
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // It is gone, or another user's by now, and then none of ours.
    return false
  }
}
