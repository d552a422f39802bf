import { Decimal, isCurrency } from '@corridor/money'
import { XMLParser } from 'fast-xml-parser'
import type { Tick } from '../domain/rate.ts'
import type { RateProvider } from './rate-provider.ts'
import { nonsense, readBody } from './read-body.ts'

const NAME = 'ecb'
export const ECB_DAILY_URL = 'https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml'
export const ECB_INTERVAL_MS = 24 * 60 * 60 * 1000
/** Published about 16:00 in Frankfurt; in UTC never earlier than this. */
const PUBLISHED = 'T14:00:00.000Z'

/**
 * The European Central Bank's daily euro reference rates: one figure a day and no price at which anybody deals, so that
 * they are indicative and never move money.
 */
export function ecbReferenceRates({
  url = ECB_DAILY_URL,
  intervalMs = ECB_INTERVAL_MS,
}: {
  url?: string
  intervalMs?: number
} = {}): RateProvider {
  return {
    name: NAME,
    intervalMs,
    fetch: async (signal) => parseReferenceRates(await readBody(NAME, new URL(url), { signal })),
  }
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false, // A rate is taken digit by digit.
  removeNSPrefix: true,
  processEntities: false,
  isArray: (name, path) => name === 'Cube' && path !== 'Envelope.Cube',
})

/** Reads the daily or the historical document. Currencies that ISO 4217 no longer lists are left out. */
function parseReferenceRates(xml: string): Tick[] {
  const days = daysOf(xml)
  if (!Array.isArray(days) || days.length === 0) throw nonsense(NAME, 'no day')
  return days.flatMap(ticksOfDay)
}

function daysOf(xml: string): unknown {
  try {
    const document: unknown = parser.parse(xml, true)
    return field(field(field(document, 'Envelope'), 'Cube'), 'Cube')
  } catch (cause) {
    throw nonsense(NAME, 'not XML', cause)
  }
}

function ticksOfDay(day: unknown): Tick[] {
  const [time, rates] = [field(day, 'time'), field(day, 'Cube')]
  if (typeof time !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(time)) throw nonsense(NAME, 'a day without its date')
  const observedAt = new Date(time + PUBLISHED)
  if (Number.isNaN(observedAt.getTime())) throw nonsense(NAME, 'a date that is none')
  if (!Array.isArray(rates)) throw nonsense(NAME, 'a day without rates')
  return rates.flatMap((entry: unknown) => {
    const [currency, rate] = [field(entry, 'currency'), field(entry, 'rate')]
    if (typeof currency !== 'string' || typeof rate !== 'string' || !/^\d{1,15}(\.\d{1,15})?$/.test(rate)) {
      throw nonsense(NAME, 'a rate that is none')
    }
    if (!isCurrency(currency)) return []
    const mid = Decimal.parse(rate)
    return [{ pair: `EUR${currency}`, bid: mid, mid, ask: mid, source: NAME, observedAt }]
  })
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined // Checked by who asks.
