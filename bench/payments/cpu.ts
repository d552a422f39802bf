import { existsSync, readdirSync, readFileSync } from 'node:fs'
import WebSocket from 'ws'

const TICKS_PER_SECOND = 100
const MICROSECONDS_PER_MS = 1_000
const SAMPLE_EVERY_US = 500
const LOOK_EVERY_MS = 500
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/\/router\/dist\//, 'router'],
  [/\/subgraphs\/([a-z-]+)\/dist\//, '$1'],
  [/\/packages\/(events|subgraph|platform|money|embedded)\/dist\//, 'packages/$1'],
  [/\/workers\/dist\//, 'workers'],
]
const UNKNOWN = 'libraries and Node'

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly url: string; readonly functionName: string }
  readonly children?: readonly number[]
}

interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/**
 * Runs `work` under the sampling profiler of another Node process; answers the CPU milliseconds of each part. A frame of
 * a library counts for the part that called it, as far as the stack says. The samples say how the process's time is
 * divided; how much it is, the system says, since a sample also counts the time in which others had the processor.
 */
export async function profiled(
  { inspectorUrl, pid }: { inspectorUrl: string; pid: number },
  work: () => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const inspector = await connect(inspectorUrl)
  try {
    await inspector.call('Profiler.enable')
    await inspector.call('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US })
    await inspector.call('Profiler.start')
    const before = processOf(String(pid))?.cpuMs
    await work()
    const after = processOf(String(pid))?.cpuMs
    const { profile } = (await inspector.call('Profiler.stop')) as { profile: Profile } // By the protocol.
    return scaled(byPart(profile), before === undefined || after === undefined ? null : after - before)
  } finally {
    inspector.close()
  }
}

async function connect(url: string) {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1024 ** 3 })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  let last = 0
  return {
    call: (method: string, params: object = {}): Promise<unknown> =>
      new Promise((resolve, reject) => {
        last += 1
        const id = last
        const hear = (data: Buffer): void => {
          const answer = JSON.parse(data.toString()) as { id?: number; result?: unknown; error?: unknown } // By the protocol.
          if (answer.id !== id) return
          socket.off('message', hear)
          if (answer.error) reject(new Error(JSON.stringify(answer.error)))
          else resolve(answer.result)
        }
        socket.on('message', hear)
        socket.send(JSON.stringify({ id, method, params }))
      }),
    close: () => socket.close(),
  }
}

function byPart({ nodes, samples, timeDeltas }: Profile): ReadonlyMap<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const parts = new Map<number, string | null>()
  const partOf = (id: number): string | null => {
    const known = parts.get(id)
    if (known !== undefined) return known
    const node = byId.get(id)
    const name = node?.callFrame.functionName ?? ''
    const parent = parents.get(id)
    const own =
      name === '(idle)'
        ? null
        : (ownPart(node?.callFrame.url ?? '') ?? (parent === undefined ? UNKNOWN : partOf(parent)))
    parts.set(id, own)
    return own
  }
  const spent = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const part = partOf(id)
    if (part === null) continue
    spent.set(part, (spent.get(part) ?? 0) + (timeDeltas[index] ?? 0) / MICROSECONDS_PER_MS)
  }
  return spent
}

/** The same shares of another total; as they are where the system does not tell it. */
function scaled(parts: ReadonlyMap<string, number>, totalMs: number | null): ReadonlyMap<string, number> {
  const sampledMs = [...parts.values()].reduce((sum, ms) => sum + ms, 0)
  if (totalMs === null || sampledMs === 0) return parts
  return new Map([...parts].map(([part, ms]) => [part, (ms * totalMs) / sampledMs]))
}

function ownPart(url: string): string | null {
  for (const [pattern, name] of PARTS) {
    const found = pattern.exec(url)
    if (found) return name.replace('$1', found[1] ?? '')
  }
  return null
}

/**
 * CPU milliseconds that PostgreSQL's processes spend during `work`, by database; empty where the system does not tell.
 * They are looked at again and again, since a connection that is closed takes its time with it.
 */
export async function postgresCpu(
  postgresPid: number,
  work: () => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, { name: string; fromMs: number; toMs: number }>()
  const look = (isFirst: boolean): void => {
    for (const [pid, { name, cpuMs }] of backendsOf(postgresPid)) {
      const known = seen.get(pid)
      if (known) known.toMs = cpuMs
      else seen.set(pid, { name, fromMs: isFirst ? cpuMs : 0, toMs: cpuMs })
    }
  }
  look(true)
  const timer = setInterval(() => look(false), LOOK_EVERY_MS)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  look(false)
  const spent = new Map<string, number>()
  for (const { name, fromMs, toMs } of seen.values()) spent.set(name, (spent.get(name) ?? 0) + toMs - fromMs)
  return spent
}

function backendsOf(postgresPid: number): Map<string, { name: string; cpuMs: number }> {
  const backends = new Map<string, { name: string; cpuMs: number }>()
  if (!existsSync('/proc')) return backends
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const process = processOf(pid)
    if (process?.parent !== postgresPid) continue
    backends.set(pid, { name: /^postgres: \S+ (\w+_db) /.exec(process.title)?.[1] ?? 'server', cpuMs: process.cpuMs })
  }
  return backends
}

/** CPU milliseconds that a process has spent; NaN where the system does not tell. */
export const processCpuMs = (pid: number): number => processOf(String(pid))?.cpuMs ?? Number.NaN

function processOf(pid: string): { parent: number; title: string; cpuMs: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return { parent: Number(fields[1]), title, cpuMs: (ticks * 1_000) / TICKS_PER_SECOND }
  } catch {
    // It ended between the listing and the look.
    return null
  }
}
