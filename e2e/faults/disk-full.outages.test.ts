import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, it } from 'vitest'
import { hasSaid } from './database-faults.ts'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

const BEFORE_MS = 2_000
const FULL_MS = 5_000
const AFTER_MS = 2_000
/** Room for seven databases and some of their log. */
const SIZE = '512m'
const CHUNK = Buffer.alloc(64 * 1024)

const isRoot = process.getuid?.() === 0
const disk = mkdtempSync(join(tmpdir(), 'corridor-disk-'))
if (isRoot) run('mount', '-t', 'tmpfs', '-o', `size=${SIZE},mode=755`, 'tmpfs', disk)
const scenario = withFaultPlatform({ postgresDirectory: join(disk, 'data') })
afterAll(() => {
  if (isRoot) run('umount', '--lazy', disk)
  rmSync(disk, { recursive: true })
})

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
}

/** Leaves not a byte. */
function fill(file: string): void {
  const descriptor = openSync(file, 'w')
  try {
    for (;;) writeSync(descriptor, CHUNK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error // As writing throws.
  } finally {
    closeSync(descriptor)
  }
}

it.runIf(isRoot)(
  'loses nothing when the disk of PostgreSQL is full, and goes on when there is room again',
  async () => {
    const { platform } = scenario
    const load = scenario.underLoad()
    await delay(BEFORE_MS)
    const filler = join(disk, 'filler')
    fill(filler)
    await hasSaid(platform, 'No space left on device')
    await delay(FULL_MS)
    rmSync(filler)
    // Without room for its log the server ends itself; whoever runs it starts it again.
    if (!platform.runs('postgresql')) await platform.bringBack('postgresql')
    await delay(AFTER_MS)
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)
