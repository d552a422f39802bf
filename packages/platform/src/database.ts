import pg from 'pg'
import { Fault, type Refusal, type Result } from './errors.ts'
import { observePool } from './metrics/pool-metrics.ts'
import { traceQueries } from './telemetry/sql-spans.ts'

/** What of `pg` the platform writes SQL through: a pool, or a client inside a transaction. */
export interface SqlClient {
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string | pg.QueryConfig,
    values?: readonly unknown[],
  ): Promise<{ rows: R[]; rowCount: number | null }>
}

export type Pool = pg.Pool

const INT8_OID = 20
const DEFAULT_POOL_SIZE = 10
const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 30_000
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000

/** `bigint` columns hold money and positions: they arrive as `bigint`, never as a rounded number. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8_OID && format !== 'binary' ? BigInt : pg.types.getTypeParser(oid, format),
}

/** A pool whose connections name their service, time out, and read `bigint` as `bigint`. */
export function createPool({
  url,
  service,
  max = DEFAULT_POOL_SIZE,
  pipeline = false,
  dependency,
}: {
  url: string
  service: string
  max?: number
  /** Statements are sent without waiting for the answer to the one before; custom query classes cannot be used then. */
  pipeline?: boolean
  /** What readiness calls its database; default: `postgresql`. */
  dependency?: string
}): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: service,
    max,
    pipeline,
    types,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  })
  // A connection that breaks is replaced by the pool, and its statements fail where they were made; whether it was idle or
  // in use, it says so once more by itself, which without a listener would end the process.
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  observePool(pool, { service, dependency })
  return traceQueries(pool, service)
}

const ignore = (): void => undefined

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
}

/** Runs `work` in one transaction: commits when it returns, rolls back when it throws. No network call belongs inside. */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: SqlClient) => Promise<T>,
  { isolation = 'read committed', readOnly = false }: TransactionOptions = {},
): Promise<T> {
  const client = await connect(pool)
  let broken: Error | undefined
  try {
    const begun = client.query(`begin isolation level ${isolation}${readOnly ? ' read only' : ''}`)
    if (!client.pipeline) await begun
    const [value] = await Promise.all([work(client as SqlClient), begun])
    await client.query('commit')
    return value
  } catch (error) {
    broken = await rollback(client)
    throw error
  } finally {
    client.release(broken)
  }
}

/** Carries a refusal out of a transaction that must not be committed. */
class RolledBack extends Error {
  override readonly name = 'RolledBack'
  constructor(readonly refusal: Refusal) {
    super(refusal.message)
  }
}

/** As `inTransaction`, for work that may refuse: a refusal rolls back, so that nothing is written and no key consumed. */
export async function inTransactionOrRefuse<T>(
  pool: Pool,
  work: (client: SqlClient) => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    return await inTransaction(pool, async (client) => {
      const result = await work(client)
      if (!result.ok) throw new RolledBack(result)
      return result
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.refusal
    throw error
  }
}

async function connect(pool: Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (cause) {
    throw new Fault('SERVICE_UNAVAILABLE', 'The database is not reachable.', { cause })
  }
}

/** A connection that cannot even roll back is not given back to the pool. */
async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('rollback')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Five digits and letters, as the system's own `EPIPE` has too: but every SQLSTATE has a digit. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/

/** The SQLSTATE of an error of PostgreSQL's, or undefined (PostgreSQL documentation, appendix A). */
export function sqlState(error: unknown): string | undefined {
  const code = codeOf(error)
  return code !== undefined && SQLSTATE.test(code) ? code : undefined
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

const RETRYABLE_STATES = new Set(['25P03', '40001', '40P01', '55P03', '57014', '57P01', '57P02', '57P03'])
/** Connections lost; resources used up, such as the disk and the connections themselves; errors of the system beneath. */
const RETRYABLE_CLASSES = new Set(['08', '53', '58'])
/** What the system says of a connection that is lost or cannot be made, by the code alone where it tried several addresses. */
const LOST_CODES = new Set([
  ...['ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
])
/** What `pg` says of one that it lost, gave up waiting for, or had lost before it was asked. */
const LOST_WORDS = /terminated|timeout exceeded|is not queryable/i

/** Whether a later attempt at the same statement may succeed: serialisation, deadlock, limits, shutdown, connection loss. */
export function isRetryableSqlError(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== undefined) return RETRYABLE_STATES.has(state) || RETRYABLE_CLASSES.has(state.slice(0, 2))
  return error instanceof Error && (LOST_CODES.has(codeOf(error) ?? '') || LOST_WORDS.test(error.message))
}
