import type { Clock } from '@corridor/platform'

/** Node's timers take no more; a longer token is looked at again then. */
const MAX_TIMER_MS = 2_147_483_647

/** Calls `end` when `expiresAt` has come by the process's clock; the answer gives it up. */
export function atExpiry(expiresAt: Date | null, clock: Clock, end: () => void): () => void {
  if (expiresAt === null) return () => undefined
  let timer: NodeJS.Timeout | undefined
  const wait = (): void => {
    const leftMs = expiresAt.getTime() - clock.now().getTime()
    if (leftMs <= 0) {
      end()
      return
    }
    timer = setTimeout(wait, Math.min(leftMs, MAX_TIMER_MS))
    timer.unref()
  }
  wait()
  return () => clearTimeout(timer)
}
