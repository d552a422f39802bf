import { Decimal } from '@corridor/money'
import type { Cache } from '@corridor/platform'
import type { Rate } from './domain/rate.ts'

/** No cached rate is used for longer, whatever its policy says of its age. */
export const MAX_CACHED_MS = 5 * 60 * 60 * 1000
const KEY = 'forex:rates'

type StoredRate = readonly [
  pair: string,
  bid: string,
  mid: string,
  ask: string,
  source: string,
  manual: boolean,
  version: string,
  observedAt: string,
]

/**
 * The rates that are quoted, as some instance read them last: for whoever cannot reach the database. It stands behind the
 * database and not in front of it, is at most five hours old, and gone is no error.
 */
export class RateCache {
  constructor(private readonly cache: Cache) {}

  /** What is cached; empty where nothing is, or nothing that this release can read. */
  async read(): Promise<Map<string, Rate>> {
    const text = await this.cache.get(KEY)
    return new Map(text === null ? [] : parse(text).map((rate) => [rate.pair, rate]))
  }

  /** Keeps these rates, unless what is cached has a later version of one of them: then they were read too early. */
  async write(rates: ReadonlyMap<string, Rate>): Promise<void> {
    const cached = await this.read()
    const outdated = [...rates.values()].some(({ pair, version }) => (cached.get(pair)?.version ?? 0n) > version)
    if (!outdated) await this.cache.set(KEY, JSON.stringify([...rates.values()].map(toStored)), MAX_CACHED_MS)
  }
}

/** Of each pair the later version: rates never go back. */
export function laterOf(known: ReadonlyMap<string, Rate>, cached: ReadonlyMap<string, Rate>): Map<string, Rate> {
  const later = new Map(known)
  for (const rate of cached.values()) {
    if (rate.version > (known.get(rate.pair)?.version ?? 0n)) later.set(rate.pair, rate)
  }
  return later
}

const toStored = ({ pair, bid, mid, ask, source, manual, version, observedAt }: Rate): StoredRate => [
  pair,
  bid.toString(),
  mid.toString(),
  ask.toString(),
  source,
  manual,
  String(version),
  observedAt.toISOString(),
]

/** What another release wrote may have another shape: it is as good as gone. */
function parse(text: string): Rate[] {
  try {
    return (JSON.parse(text) as StoredRate[]).map(([pair, bid, mid, ask, source, manual, version, observedAt]) => ({
      pair,
      bid: Decimal.parse(bid),
      mid: Decimal.parse(mid),
      ask: Decimal.parse(ask),
      source,
      path: [pair],
      manual,
      standing: manual,
      version: BigInt(version),
      observedAt: new Date(observedAt),
    }))
  } catch {
    return []
  }
}
