/** For a shorter look at a benchmark: rounds of fewer seconds than what counts. */
export const SECONDS = Number(process.env.BENCH_SECONDS ?? 5)

/** The middle one, or the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const [lower, upper] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return ((lower ?? Number.NaN) + (upper ?? Number.NaN)) / 2
}

export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** A whole number from 0 to less than `limit`. */
export const between = (limit: number): number => Math.floor(Math.random() * limit)

export interface Load {
  readonly perSecond: number
  readonly latenciesMs: readonly number[]
}

/** Callers who each call again as soon as they are answered, for `SECONDS`. `call` answers how many it posted. */
export async function drive(callers: number, call: () => Promise<number>): Promise<Load> {
  const latenciesMs: number[] = []
  let posted = 0
  const began = performance.now()
  const until = began + SECONDS * 1000
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const sent = performance.now()
      const count = await call()
      posted += count
      latenciesMs.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return { perSecond: (posted / (performance.now() - began)) * 1000, latenciesMs }
}
