import type { Pool } from '@corridor/platform'
import type { DependencyState } from './serve.ts'

/** Asks one dependency and says how long it took; a failure is a state, not an error. */
export async function checkDependency(name: string, ask: () => Promise<unknown>): Promise<DependencyState> {
  const startedMs = performance.now()
  try {
    await ask()
    return { name, ok: true, latencyMs: Math.round(performance.now() - startedMs) }
  } catch (error) {
    const detail = error instanceof Error ? error.name : 'failed'
    return { name, ok: false, latencyMs: Math.round(performance.now() - startedMs), detail }
  }
}

export const checkDatabase = (pool: Pool): Promise<DependencyState> =>
  checkDependency('postgresql', () => pool.query('select 1'))
