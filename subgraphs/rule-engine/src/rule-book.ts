import type { Pool, Wakeups } from '@corridor/platform'
import type { Reason } from './domain/decision.ts'
import type { DecisionInput } from './domain/decision-input.ts'
import type { GrantedLimits } from './domain/limit-use.ts'
import type { RuleSet } from './domain/rule-set.ts'
import {
  type CompiledRules,
  engineMessage,
  grantedBy,
  type RuleEngine,
  type RuleSetAnswer,
  reasonsOf,
} from './rule-engine.ts'
import { loadRiskLists, NO_LISTS, type RiskLists } from './use-cases/risk-list-store.ts'
import { BOOK_CHANNEL, readRuleSets } from './use-cases/rule-set-store.ts'

/** What the active rule sets say of a payment, and what their shadows would have said in their place. */
export interface Evaluated {
  readonly reasons: readonly Reason[]
  readonly limits: GrantedLimits
  readonly ruleSets: Readonly<Record<string, number>>
  readonly shadows: readonly ShadowSay[]
}

export interface ShadowSay {
  readonly ruleSetName: string
  readonly ruleSetVersion: number
  /** All reasons, with the shadow's in the place of the active version's; or why the shadow failed. */
  readonly said: { readonly reasons: readonly Reason[] } | { readonly failure: string }
}

/** The rules as they were at one instant: a group of payments is decided by one edition. */
export interface Edition {
  readonly lists: RiskLists
  evaluate(input: DecisionInput): Promise<Evaluated>
}

interface Versions {
  readonly active: Readonly<Record<string, number>>
  readonly shadow: Readonly<Record<string, number>>
}

/** An activation reaches every instance within this time, wake-up or not. */
const MAX_UNREAD_MS = 500

/** The active rule sets and lists as `rule_engine_db` has them, compiled once per change. */
export class RuleBook {
  private edition: Edition | null = null
  private key = ''
  private lists = NO_LISTS
  private readAtMs = Number.NEGATIVE_INFINITY
  private wakes = 0
  private reading: Promise<Edition> | null = null
  private readonly unsubscribe: () => void

  constructor(private readonly deps: { pool: Pool; wakeups: Wakeups; engine: RuleEngine }) {
    this.unsubscribe = deps.wakeups.subscribe(BOOK_CHANNEL, () => {
      this.readAtMs = Number.NEGATIVE_INFINITY
      this.wakes += 1
    })
  }

  /** The rules that are in force, at most `MAX_UNREAD_MS` old. Not for use inside a transaction: it may read. */
  async current(): Promise<Edition> {
    if (this.edition && performance.now() - this.readAtMs <= MAX_UNREAD_MS) return this.edition
    this.reading ??= this.read().finally(() => {
      this.reading = null
    })
    return await this.reading
  }

  close(): void {
    this.unsubscribe()
  }

  private async read(): Promise<Edition> {
    const { pool, engine } = this.deps
    const startedMs = performance.now()
    const { wakes } = this
    const versions = await readVersions(pool)
    this.lists = await loadRiskLists(pool, this.lists)
    const key = JSON.stringify([versions, this.lists.versions])
    if (!this.edition || key !== this.key) {
      const active = await readRuleSets(pool, versions.active)
      const shadows = await readRuleSets(pool, versions.shadow)
      this.edition = editionOf(engine, { active, shadows, lists: this.lists })
      this.key = key
    }
    // Whatever woke us meanwhile may have come too late for what was read.
    if (wakes === this.wakes) this.readAtMs = startedMs
    return this.edition
  }
}

async function readVersions(pool: Pool): Promise<Versions> {
  const { rows } = await pool.query<{ name: string; version: number; shadow: boolean }>({
    name: 'rules-versions',
    text: `select name, version, shadow from rule_sets where status = 'ACTIVE' or shadow order by name`,
  })
  const of = (wanted: boolean) =>
    Object.fromEntries(rows.filter(({ shadow }) => shadow === wanted).map(({ name, version }) => [name, version]))
  return { active: of(false), shadow: of(true) }
}

function editionOf(
  engine: RuleEngine,
  { active, shadows, lists }: { active: readonly RuleSet[]; shadows: readonly RuleSet[]; lists: RiskLists },
): Edition {
  const rules = engine.compile(active)
  const ruleSets = Object.fromEntries(active.map(({ name, version }) => [name, version]))
  const beside = shadows.map((set) => ({ set, rules: engine.compile([set]) }))
  return {
    lists,
    async evaluate(input) {
      const [answers, ...said] = await Promise.all([
        rules.evaluate(input),
        ...beside.map(({ rules: shadow }) => askShadow(shadow, input)),
      ])
      return {
        reasons: reasonsOf(input, answers),
        limits: grantedBy(answers),
        ruleSets,
        shadows: beside.map(({ set }, index) => shadowSay(set, said[index] ?? [], { input, answers })),
      }
    },
  }
}

/** A shadow has no effect: if it fails, that is what its record says. */
async function askShadow(shadow: CompiledRules, input: DecisionInput): Promise<readonly RuleSetAnswer[] | string> {
  try {
    return await shadow.evaluate(input)
  } catch (error) {
    return engineMessage(error)
  }
}

function shadowSay(
  { name: ruleSetName, version: ruleSetVersion }: RuleSet,
  said: readonly RuleSetAnswer[] | string,
  { input, answers }: { input: DecisionInput; answers: readonly RuleSetAnswer[] },
): ShadowSay {
  if (typeof said === 'string') return { ruleSetName, ruleSetVersion, said: { failure: said } }
  const others = answers.filter(({ name }) => name !== ruleSetName)
  return { ruleSetName, ruleSetVersion, said: { reasons: reasonsOf(input, [...others, ...said]) } }
}
