/** What a part needs, asked just now. Degraded: the part works, slower or with less. */
export interface DependencyState {
  readonly name: string
  /** Whether the part can work. */
  readonly ok: boolean
  readonly degraded?: boolean
  readonly latencyMs: number
  readonly detail?: string
}

export type State = 'up' | 'degraded' | 'down'

export interface PartState {
  readonly name: string
  readonly state: State
  readonly dependencies: readonly DependencyState[]
}

/** A dependency that works, but not as it should: what is wrong with it. Never data. */
export class Degraded extends Error {
  override readonly name = 'Degraded'
}

export interface Dependency {
  readonly name: string
  /** Whose it is: `ledger-service`. Null: of every part of the process. */
  readonly service: string | null
  /** Whether the part cannot work without it. */
  readonly required: boolean
  readonly ask: () => Promise<unknown> | unknown
}

/** An answer that took longer tells of trouble. */
const SLOW_MS = 1_000
/** Probes come every few seconds: what takes longer is not there. */
const ASK_TIMEOUT_MS = 2_000

const dependencies = new Set<Dependency>()

/** Registers what a part of this process needs, for its readiness. The answer takes it away. */
export function dependsOn(dependency: Dependency): () => void {
  dependencies.add(dependency)
  return () => void dependencies.delete(dependency)
}

/** Asks one dependency and says how long it took; a failure is a state, not an error. */
export async function checkDependency(
  name: string,
  ask: () => Promise<unknown> | unknown,
  { required = true }: { readonly required?: boolean } = {},
): Promise<DependencyState> {
  const startedMs = performance.now()
  const found = (failed: { ok: boolean; degraded: boolean; detail?: string }): DependencyState => {
    const latencyMs = Math.round(performance.now() - startedMs)
    return { name, latencyMs, ...failed }
  }
  try {
    await inTime(Promise.resolve(ask()))
    const slow = performance.now() - startedMs > SLOW_MS
    return found({ ok: true, degraded: slow, ...(slow ? { detail: 'slow' } : {}) })
  } catch (error) {
    if (error instanceof Degraded) return found({ ok: true, degraded: true, detail: error.message })
    const detail = error instanceof Error ? error.name : 'failed'
    return found({ ok: !required, degraded: !required, detail })
  }
}

/** The worst of what it needs. */
export const stateOf = (states: readonly DependencyState[]): State =>
  states.some(({ ok }) => !ok) ? 'down' : states.some(({ degraded }) => degraded) ? 'degraded' : 'up'

/** What was registered of a service and of its process, asked now and side by side. */
export async function checkService(service: string): Promise<readonly DependencyState[]> {
  return await ask([...dependencies].filter((dependency) => [service, null].includes(dependency.service)))
}

/** The parts of this process, the process itself first. */
export async function checkProcess(process: string): Promise<readonly PartState[]> {
  const parts = Map.groupBy(dependencies, ({ service }) => service ?? process)
  if (!parts.has(process)) parts.set(process, [])
  return await Promise.all(
    [...parts].map(async ([name, needed]) => {
      const states = await ask(needed)
      return { name, state: stateOf(states), dependencies: states }
    }),
  )
}

/** Of several with one name, as pools of one database, the worst is told. */
async function ask(asked: readonly Dependency[]): Promise<readonly DependencyState[]> {
  const states = await Promise.all(asked.map(({ name, ask, required }) => checkDependency(name, ask, { required })))
  const worst = new Map<string, DependencyState>()
  for (const state of states) {
    const known = worst.get(state.name)
    if (!known || rank(state) > rank(known)) worst.set(state.name, state)
  }
  return [...worst.values()]
}

const rank = ({ ok, degraded = false }: DependencyState): number => (ok ? Number(degraded) : 2)

class TimedOut extends Error {
  override readonly name = 'TimedOut'
}

async function inTime(answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut()), ASK_TIMEOUT_MS)
  })
  await Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
