import { queueChannel } from '@corridor/events'
import { type Clock, invariant, type Pool, type Wakeups } from '@corridor/platform'
import { type ZenDecision, ZenEngine } from '@gorules/zen-engine'
import type { Finding, FoundBy } from './domain/decision.ts'
import type { DecisionInput } from './domain/decision-input.ts'
import { COMPLIANCE } from './shipped/compliance.ts'
import { FRAUD } from './shipped/fraud.ts'
import { LIMITS } from './shipped/limits.ts'

export interface RuleSet {
  readonly name: string
  readonly version: number
  readonly status: 'DRAFT' | 'ACTIVE' | 'RETIRED'
  readonly description: string | null
  readonly model: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly createdBy: string
}

/** What the rule set `limits` grants, in US cents. */
export interface GrantedLimits {
  readonly transaction: number
  readonly day: number
  readonly month: number
}

export interface Evaluated {
  readonly found: readonly FoundBy[]
  readonly limits: GrantedLimits
}

interface Loaded extends RuleSet {
  readonly decision: ZenDecision
}

/** An activation reaches every instance within this time, wake-up or not. */
const MAX_UNREAD_MS = 500
const COLUMNS = `name, version, status, description, model, created_at as "createdAt", created_by as "createdBy"`
const SHIPPED = [LIMITS, COMPLIANCE, FRAUD]
const OUTCOMES: readonly unknown[] = ['APPROVE', 'REVIEW', 'DECLINE']

/** The active rule sets as `rule_engine_db` has them, each compiled once per version. */
export class RuleBook {
  private readonly engine = new ZenEngine()
  private active: readonly Loaded[] = []
  private readAtMs = Number.NEGATIVE_INFINITY
  private reading: Promise<void> | null = null
  private readonly unsubscribe: () => void

  constructor(private readonly deps: { pool: Pool; wakeups: Wakeups; clock: Clock }) {
    this.unsubscribe = deps.wakeups.subscribe(queueChannel('rule-engine'), () => {
      this.readAtMs = Number.NEGATIVE_INFINITY
    })
  }

  /** Puts the shipped rule sets into a database that has none of their names. */
  async ship(): Promise<void> {
    for (const { name, description, model } of SHIPPED) {
      await this.deps.pool.query(
        `insert into rule_sets (name, version, status, description, model, created_at, created_by)
         select $1, 1, 'ACTIVE', $2, $3, $4, 'shipped' where not exists (select 1 from rule_sets where name = $1)
         on conflict do nothing`,
        [name, description, JSON.stringify(model), this.deps.clock.now()],
      )
    }
  }

  /** Evaluates all rule sets that were active when they were last read: `await fresh()` before, outside transactions. */
  async evaluate(input: DecisionInput): Promise<Evaluated> {
    const results = await Promise.all(
      this.active.map(async (set) => ({
        set,
        result: resultOf((await set.decision.evaluate(input)).result, set.name),
      })),
    )
    const limits = results.find(({ set }) => set.name === LIMITS.name)?.result.limits
    invariant(limits, 'the active rule set "limits" grants limits')
    return {
      found: results.map(({ set, result }) => ({
        ruleSetName: set.name,
        ruleSetVersion: set.version,
        findings: result.findings,
      })),
      limits,
    }
  }

  /** Every node that the engine passed through, for one version of each rule set. */
  async trace(input: unknown, versions: Readonly<Record<string, number>>): Promise<Record<string, unknown>> {
    const traces: Record<string, unknown> = {}
    for (const [name, version] of Object.entries(versions)) {
      const set = await this.find(name, version)
      if (!set) continue
      const { trace } = await this.engine.createDecision(set.model).evaluate(input, { trace: true })
      traces[name] = trace
    }
    return traces
  }

  async list(): Promise<RuleSet[]> {
    const { rows } = await this.deps.pool.query<RuleSet>(`select ${COLUMNS} from rule_sets order by name, version desc`)
    return rows
  }

  /** A version of a rule set; the active one where none is named. */
  async find(name: string, version: number | null): Promise<RuleSet | null> {
    const { rows } = await this.deps.pool.query<RuleSet>(
      `select ${COLUMNS} from rule_sets where name = $1 and (version = $2 or ($2::int is null and status = 'ACTIVE'))`,
      [name, version],
    )
    return rows[0] ?? null
  }

  close(): void {
    this.unsubscribe()
    this.engine.dispose()
  }

  async fresh(): Promise<void> {
    if (performance.now() - this.readAtMs <= MAX_UNREAD_MS) return
    this.reading ??= this.read().finally(() => {
      this.reading = null
    })
    await this.reading
  }

  private async read(): Promise<void> {
    const startedMs = performance.now()
    const { rows } = await this.deps.pool.query<RuleSet>(
      `select ${COLUMNS} from rule_sets where status = 'ACTIVE' order by name`,
    )
    this.active = rows.map(
      (row) =>
        this.active.find(({ name, version }) => name === row.name && version === row.version) ?? {
          ...row,
          decision: this.engine.createDecision(row.model),
        },
    )
    this.readAtMs = startedMs
  }
}

/** What a model answered, checked: a model is data, and may have been written by anybody with `rules:write`. */
function resultOf(result: unknown, name: string): { findings: Finding[]; limits: GrantedLimits | undefined } {
  const { findings = [], limits } = Object(result) as { findings?: unknown; limits?: GrantedLimits } // Checked below.
  invariant(Array.isArray(findings) && findings.every(isFinding), `the rule set ${name} answers findings`)
  const numbers = limits === undefined || [limits.transaction, limits.day, limits.month].every(Number.isSafeInteger)
  invariant(numbers, `the rule set ${name} answers whole cents as limits`)
  return { findings, limits }
}

function isFinding(value: unknown): value is Finding {
  const { code, message, outcome, points } = Object(value) as Partial<Finding> // Checked field by field.
  return (
    typeof code === 'string' && typeof message === 'string' && OUTCOMES.includes(outcome) && typeof points === 'number'
  )
}
