import type pg from 'pg'
import { Degraded, dependsOn } from '../health.ts'
import { databaseTime } from './database-time.ts'
import { onRead } from './readers.ts'
import { gauge, histogram } from './registry.ts'
import { DATABASE_SECONDS } from './series.ts'
import { afterStatement } from './slow-statements.ts'

const POOLS = { first: 40 }
const connections = gauge({
  name: 'db.client.connection.count',
  unit: '{connection}',
  description: 'Connections of a pool, by what they do.',
  attributes: { 'db.client.connection.pool.name': POOLS, 'db.client.connection.state': ['idle', 'used'] },
})
const limit = gauge({
  name: 'db.client.connection.max',
  unit: '{connection}',
  description: 'Connections that a pool may have.',
  attributes: { 'db.client.connection.pool.name': POOLS },
})
const waiting = gauge({
  name: 'db.client.connection.pending_requests',
  unit: '{request}',
  description: 'Requests that wait for a connection of a pool.',
  attributes: { 'db.client.connection.pool.name': POOLS },
})
const statements = histogram({
  name: 'db.client.operation.duration',
  unit: 's',
  description: 'Time of a statement from its sending to its answer.',
  attributes: { 'db.client.connection.pool.name': POOLS },
  bounds: DATABASE_SECONDS,
})

const MILLISECONDS = 1_000

type Query = (...args: unknown[]) => unknown

/** Pools by service: those of one name are told as one. */
const pools = new Map<string, Set<pg.Pool>>()

/** A pool that is full, and whose database has answered so lately, is busy. */
const RECENT_MS = 10_000

/** Makes a pool's use, the time of its statements and its database's readiness known, as long as it is open. */
export function observePool(
  pool: pg.Pool,
  { service, dependency = 'postgresql' }: { readonly service: string; readonly dependency?: string | undefined },
): void {
  let answeredAtMs = Number.NEGATIVE_INFINITY
  const named = pools.get(service) ?? new Set()
  pools.set(service, named.add(pool))
  const endReading = onRead({ name: 'pools', read: () => readPools(service, named) })
  const endAsking = dependsOn({
    name: dependency,
    service,
    required: true,
    ask: () => askDatabase(pool, performance.now() - answeredAtMs),
  })
  const duration = statements.of({ 'db.client.connection.pool.name': service })
  // A client's `query` does the sending for the pool's own as well.
  const done = (statement: unknown, tookMs: number, error: unknown): void => {
    if (!error) answeredAtMs = performance.now()
    duration.record(tookMs / MILLISECONDS)
    afterStatement(pool, statement, tookMs)
  }
  pool.on('connect', (client) => {
    client.query = timed(client.query.bind(client) as Query, done) as typeof client.query // Takes and gives the same.
  })
  const end = pool.end.bind(pool) as () => Promise<void> // The form with a callback is not used.
  pool.end = (async () => {
    endAsking()
    endReading()
    named.delete(pool)
    await end()
  }) as typeof pool.end // As above.
}

/** Of a pool all of whose connections are in use nobody waits to hear that its database is there, unless it hangs. */
async function askDatabase(pool: pg.Pool, unansweredMs: number): Promise<void> {
  if (pool.waitingCount > 0 && unansweredMs < RECENT_MS) throw new Degraded('every connection is in use')
  await pool.query('select 1')
}

function readPools(service: string, named: ReadonlySet<pg.Pool>): void {
  const sum = (of: (pool: pg.Pool) => number): number => [...named].reduce((total, pool) => total + of(pool), 0)
  const name = { 'db.client.connection.pool.name': service }
  connections.of({ ...name, 'db.client.connection.state': 'idle' }).set(sum((pool) => pool.idleCount))
  connections.of({ ...name, 'db.client.connection.state': 'used' }).set(sum((pool) => pool.totalCount - pool.idleCount))
  limit.of(name).set(sum((pool) => pool.options.max))
  waiting.of(name).set(sum((pool) => pool.waitingCount))
}

/** Times a statement, whether its answer comes by promise or by callback; of a cursor nobody says here when it ends. */
function timed(query: Query, tell: (statement: unknown, tookMs: number, error: unknown) => void): Query {
  return (...args) => {
    const startedMs = performance.now()
    const work = databaseTime()
    const done = (error?: unknown): void => {
      const tookMs = performance.now() - startedMs
      if (work !== undefined) work.ms += tookMs
      tell(args[0], tookMs, error)
    }
    const last = args.length - 1
    const callback = args[last]
    if (typeof callback === 'function') {
      args[last] = (...answer: unknown[]): unknown => {
        done(answer[0])
        return callback(...answer)
      }
      return query(...args)
    }
    const result = query(...args)
    if (result instanceof Promise) result.then(() => done(), done)
    return result
  }
}
