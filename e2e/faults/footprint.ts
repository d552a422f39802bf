import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { type FaultPlatform, PARTS } from './fault-platform.ts'

/** What is measured of a process: memory in MiB without garbage, of which JavaScript's objects, and open files, sockets among them. */
export const MEASURES = ['memoryMib', 'heapMib', 'handles'] as const
export type Measure = (typeof MEASURES)[number]
export type Footprint = Readonly<Record<Measure, number>>

const KIB_PER_MIB = 1024
const BYTES_PER_MIB = 1024 * 1024

/** With this in `NODE_OPTIONS` parts can be told to collect their garbage: each says in its log where its inspector listens. */
export const INSPECTED = '--inspect=127.0.0.1:0'
const INSPECTOR = /^Debugger listening on (ws:\S+)$/gm

/** Of every part now, by its name and the id of its process: one that was started anew is another one. */
export async function footprints(platform: FaultPlatform): Promise<ReadonlyMap<string, Footprint>> {
  const measured = PARTS.map(async (part) => {
    const pid = platform.pidOf(part)
    return [`${part} (${pid})`, await footprintOf(pid, platform.logOf(part))] as const
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

async function footprintOf(pid: number, log: string): Promise<Footprint> {
  const handles = readdirSync(`/proc/${pid}/fd`).length
  const heapBytes = await heapWithoutGarbage([...log.matchAll(INSPECTOR)].at(-1)?.[1] ?? '')
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return { memoryMib: Number(resident?.[1]) / KIB_PER_MIB, heapMib: heapBytes / BYTES_PER_MIB, handles }
}

/** Has a process collect all its garbage, and asks what is left, by the DevTools protocol (domains HeapProfiler, Runtime). */
async function heapWithoutGarbage(inspector: string): Promise<number> {
  const socket = new WebSocket(inspector)
  await once(socket, 'open')
  const ask = async (id: number, method: string): Promise<unknown> => {
    socket.send(JSON.stringify({ id, method }))
    const [{ data }] = (await once(socket, 'message')) as [MessageEvent] // What 'message' carries.
    return JSON.parse(String(data))
  }
  try {
    await ask(1, 'HeapProfiler.collectGarbage')
    const { result } = (await ask(2, 'Runtime.getHeapUsage')) as { result: { usedSize: number } } // The protocol's own.
    return result.usedSize
  } finally {
    socket.close()
  }
}
