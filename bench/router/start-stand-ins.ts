import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { stopped } from './peers.ts'

export interface StandIns {
  /** Addresses by subgraph. */
  readonly urls: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** Starts the subgraphs of the benchmark, as a process of their own; resolves when all listen. */
export async function startStandIns(): Promise<StandIns> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'stand-ins.ts')], { stdio: ['ignore', 'pipe', 2] })
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    child.once('exit', (code) => reject(new Error(`the stand-ins ended with ${code}`)))
  })
  return { urls: JSON.parse(line), stop: () => stopped(child) }
}
