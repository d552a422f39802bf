import { type Clock, gauge, onRead } from '@corridor/platform'
import type { RateBook } from './rate-book.ts'

const MAX_PAIRS = 250
const MAX_PROVIDERS = 6
const MILLISECONDS = 1_000

const age = gauge({
  name: 'corridor.forex.rate.age',
  unit: 's',
  description: 'How long ago a pair’s current rate was observed, by the provider that it is of.',
  attributes: { pair: { first: MAX_PAIRS }, provider: { first: MAX_PROVIDERS } },
  inStatus: true,
})

/** Keeps the ages of all quoted rates known, whenever somebody looks; those set by hand grow no older. The answer ends it. */
export const observeRates = (book: RateBook, clock: Clock): (() => void) =>
  onRead({
    name: 'rates',
    async read() {
      const nowMs = clock.now().getTime()
      const pairs = await book.pairs()
      age.clear()
      for (const pair of pairs) {
        const rate = book.known(pair)
        if (!rate) continue
        const ageMs = rate.standing ? 0 : nowMs - rate.observedAt.getTime()
        age.of({ pair, provider: rate.source }).set(Math.max(ageMs, 0) / MILLISECONDS)
      }
    },
  })
