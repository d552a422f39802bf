import type pg from 'pg'
import type { Logger } from '../logger.ts'

export interface SlowStatements {
  readonly thresholdMs: number
  /** Whether PostgreSQL is asked for the plan too: one more statement for each that is told. */
  readonly plans: boolean
  readonly logger: Logger
}

const MAX_TEXT = 2_000
/** The same statement is not told again so soon: a database that is slow is not made slower by what tells of it. */
const QUIET_MS = 60_000
const MAX_REMEMBERED = 200
/** What `explain` takes. */
const EXPLAINABLE = /^(select|insert|update|delete|merge|values|with)\b/i

let slow: SlowStatements | null = null
const toldAtMs = new Map<string, number>()

/** From now on statements of this process that take longer are logged: as they are written, with `$1` where values stand. */
export function tellSlowStatements(options: SlowStatements | null): void {
  slow = options
  toldAtMs.clear()
}

/** Told of every statement when it is done; what is not slow costs a comparison. */
export function afterStatement(pool: pg.Pool, statement: unknown, tookMs: number): void {
  if (slow === null || tookMs < slow.thresholdMs) return
  const text = textOf(statement)
  const nowMs = performance.now()
  if (nowMs - (toldAtMs.get(text) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return
  if (toldAtMs.size >= MAX_REMEMBERED) toldAtMs.clear()
  toldAtMs.set(text, nowMs)
  void tell(slow, { pool, text, durationMs: Math.round(tookMs) })
}

async function tell(
  { logger, plans }: SlowStatements,
  { pool, text, durationMs }: { pool: pg.Pool; text: string; durationMs: number },
): Promise<void> {
  const told = { statement: text.slice(0, MAX_TEXT), durationMs }
  // A pool that others wait for has no connection to spare for a plan.
  if (!plans || !EXPLAINABLE.test(text) || pool.waitingCount > 0) return logger.warn(told, 'a slow statement')
  try {
    logger.warn({ ...told, plan: await genericPlan(pool, text) }, 'a slow statement')
  } catch (error) {
    logger.warn({ ...told, error }, 'a slow statement, whose plan could not be had')
  }
}

/** The plan for any values (PostgreSQL 16): the statement is neither run nor given its values. */
async function genericPlan(pool: pg.Pool, text: string): Promise<string> {
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${text}`)
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

function textOf(statement: unknown): string {
  const text: unknown = typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'text') : statement
  return typeof text === 'string' ? text.replace(/\s+/g, ' ').trim() : 'unknown'
}
