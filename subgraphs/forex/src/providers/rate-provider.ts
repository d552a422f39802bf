import type { Tick } from '../domain/rate.ts'

/** Where rates come from. */
export interface RateProvider {
  readonly name: string
  /** How often it has something new; rates older than 1.2 times this are stale unless a policy says otherwise. */
  readonly intervalMs: number
  /** The newest rates. Throws `Fault` when the provider is away or answers nonsense. */
  fetch(signal: AbortSignal): Promise<readonly Tick[]>
}
