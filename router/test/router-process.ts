import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface RouterProcess {
  readonly child: ChildProcess
  /** What it wrote to its log until now. */
  log(): string
  /** Its exit code and its whole log. */
  readonly ended: Promise<readonly [number, string]>
}

/** The built `main.js`, with that environment and nothing else. */
export function startRouterProcess(env: Record<string, string>): RouterProcess {
  const child = spawn(process.execPath, ['router/dist/main.js'], { cwd: ROOT, env, stdio: ['ignore', 1, 'pipe'] })
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const ended = new Promise<readonly [number, string]>((resolve) =>
    child.once('exit', (code) => resolve([code ?? -1, log])),
  )
  return { child, log: () => log, ended }
}
