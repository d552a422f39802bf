import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

export interface ProgramOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly folder: string
  /** All that the program prints. */
  readonly logFile: string
  /** Whether it answers as a client would need it to; thrown errors count as no. */
  readonly isReady: () => Promise<boolean>
}

export interface StartedProgram {
  readonly pid: number
  /** Asks it to end, and ends it if it does not. */
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 180_000
const STOP_TIMEOUT_MS = 15_000
const POLL_MS = 50
const LOG_TAIL_CHARACTERS = 2_000

/** Starts a program and waits until it is ready. @throws Error with the end of its log when it ends or is late. */
export async function startProgram(options: ProgramOptions): Promise<StartedProgram> {
  const log = openSync(options.logFile, 'w')
  const child = spawn(options.program, [...options.args], { cwd: options.folder, stdio: ['ignore', log, log] })
  closeSync(log)
  // A program that cannot be started at all has no exit: its error is the reason.
  let failure: Error | null = null
  child.once('error', (error) => {
    failure = error
  })
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (!(await answers(options.isReady))) {
    if (failure) throw failure
    if (hasEnded(child)) throw new Error(`${options.program} ended at once:\n${tailOf(options.logFile)}`)
    if (performance.now() > deadline) {
      await stop(child)
      throw new Error(`${options.program} was not ready in ${READY_TIMEOUT_MS} ms:\n${tailOf(options.logFile)}`)
    }
    await delay(POLL_MS)
  }
  // Whoever answers then was there before, on the same port.
  if (hasEnded(child)) throw new Error(`${options.program} ended at once:\n${tailOf(options.logFile)}`)
  return { pid: child.pid ?? 0, stop: () => stop(child) }
}

async function answers(isReady: () => Promise<boolean>): Promise<boolean> {
  try {
    return await isReady()
  } catch {
    // Not listening yet is the ordinary case; a program that never answers is reported with its log.
    return false
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended.finally(() => clearTimeout(timer))
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const tailOf = (file: string): string => readFileSync(file, 'utf8').slice(-LOG_TAIL_CHARACTERS)
