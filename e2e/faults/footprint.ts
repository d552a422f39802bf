import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { type FaultPlatform, PARTS } from './fault-platform.ts'

/** What is measured of a process: memory in MiB, of which JavaScript's objects, and open files, sockets among them. */
export const MEASURES = ['memoryMib', 'heapMib', 'handles'] as const
export type Measure = (typeof MEASURES)[number]
export type Footprint = Readonly<Record<Measure, number>>

const KIB_PER_MIB = 1024
const BYTES_PER_MIB = 1024 * 1024
const HEAP = /^corridor_process_heap_used(?:_bytes)?\{[^}]*\} (\d+)/m

/** Of every part now, by its name and the id of its process: one that was started anew is another one. */
export async function footprints(platform: FaultPlatform): Promise<ReadonlyMap<string, Footprint>> {
  const measured = PARTS.map(async (part) => {
    const pid = platform.pidOf(part)
    return [`${part} (${pid})`, await footprintOf(pid)] as const
  })
  return new Map(await Promise.all(measured))
}

/** How many connections the platform's roles have to PostgreSQL. */
export async function connections(platform: FaultPlatform): Promise<number> {
  const client = new pg.Client({ connectionString: platform.adminUrl, application_name: 'faults' })
  await client.connect()
  try {
    const { rowCount } = await client.query(`select 1 from pg_stat_activity where usename like '%\\_app'`)
    return rowCount ?? 0
  } finally {
    await client.end()
  }
}

async function footprintOf(pid: number): Promise<Footprint> {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  const operations = readFileSync(`/proc/${pid}/environ`, 'utf8').match(/(?:^|\0)OPERATIONS_PORT=(\d+)/)
  const metrics = await (await fetch(`http://127.0.0.1:${operations?.[1]}/metrics`)).text()
  return {
    memoryMib: Number(resident?.[1]) / KIB_PER_MIB,
    heapMib: Number(HEAP.exec(metrics)?.[1]) / BYTES_PER_MIB,
    handles: readdirSync(`/proc/${pid}/fd`).length,
  }
}
