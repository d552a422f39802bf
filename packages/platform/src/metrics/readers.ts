import { counter } from './registry.ts'

/** Brings gauges up to date before they are read. */
export interface Reader {
  readonly name: string
  read(): Promise<void> | void
}

interface Registered extends Reader {
  readAtMs: number
  reading: Promise<void> | null
}

/** What was read so shortly ago is not read again, however many ask. */
const FRESH_MS = 1_000
/** Nobody waits longer for a reader; what he gives later is there the next time. */
const READ_TIMEOUT_MS = 2_000

const failures = counter({
  name: 'corridor.metrics.read.failures',
  unit: '{failure}',
  description: 'Values that could not be read for their gauges, which keep the last one.',
  attributes: { reader: { first: 50 } },
})
const readers = new Set<Registered>()

/** Registers a reader of gauges: asked when somebody looks, and by no timer. The answer ends it. */
export function onRead(reader: Reader): () => void {
  const registered: Registered = {
    name: reader.name,
    read: () => reader.read(),
    readAtMs: Number.NEGATIVE_INFINITY,
    reading: null,
  }
  readers.add(registered)
  return () => void readers.delete(registered)
}

/** Brings all gauges up to date, side by side, within two seconds. A reader that fails is counted. */
export async function readAll(): Promise<void> {
  const due = [...readers].filter(({ readAtMs }) => performance.now() - readAtMs >= FRESH_MS)
  if (due.length === 0) return
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, READ_TIMEOUT_MS)
  })
  await Promise.race([Promise.all(due.map(readOnce)), late])
  clearTimeout(timer)
}

function readOnce(reader: Registered): Promise<void> {
  reader.reading ??= (async () => {
    try {
      await reader.read()
      reader.readAtMs = performance.now()
    } catch {
      // Why is told by whoever uses the same database for its own work; here it is counted.
      failures.of({ reader: reader.name }).add()
    } finally {
      reader.reading = null
    }
  })()
  return reader.reading
}
