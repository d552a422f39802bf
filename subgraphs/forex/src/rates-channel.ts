import { queueChannel } from '@corridor/events'
import type { Wakeups } from '@corridor/platform'

/** Woken after each change of a rate: whoever keeps rates in memory reads them again. */
export const RATES_CHANNEL = 'forex:rates'

/** After the commit of a change of rates: their readers, and the relay, which has the event. */
export function wakeRates(wakeups: Wakeups): void {
  wakeups.wake(RATES_CHANNEL)
  wakeups.wake(queueChannel('forex'))
}
