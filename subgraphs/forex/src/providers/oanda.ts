import { Decimal } from '@corridor/money'
import type { Clock } from '@corridor/platform'
import { baseOf, quoteOf, type Tick } from '../domain/rate.ts'
import type { RateProvider } from './rate-provider.ts'
import { nonsense, readBody } from './read-body.ts'

const NAME = 'oanda'
/** A metered key: each pair of each call counts against its quota. */
const STANDARD_INTERVAL_MS = 5 * 60 * 60 * 1000
const STANDARD_PAGE_SIZE = 25

export const OANDA_API_BASE = 'https://exchange-rates-api.oanda.com/v2'

export interface OandaOptions {
  readonly apiBase?: string
  readonly apiKey: string
  readonly pairs: readonly string[]
  readonly clock: Clock
  readonly intervalMs?: number
  /** Quote currencies asked for in one call. */
  readonly pageSize?: number
}

/**
 * OANDA Exchange Rates v2, `/rates/aggregated.json`: the close of the time since the last poll, one call for each page
 * of the pairs that share a base currency. A pair that it does not know is absent from its answer and from ours.
 */
export function oandaRates(options: OandaOptions): RateProvider {
  const { pairs, intervalMs = STANDARD_INTERVAL_MS, pageSize = STANDARD_PAGE_SIZE } = options
  const pages = pagesOf(pairs, pageSize)
  return {
    name: NAME,
    intervalMs,
    fetch: async (signal) => {
      const ticks: Tick[] = []
      // One after another: the quota is counted per key, and one that is spent ends the round.
      for (const page of pages) ticks.push(...(await fetchPage(options, intervalMs, page, signal)))
      return ticks
    },
  }
}

interface Page {
  readonly base: string
  readonly quotes: readonly string[]
}

function pagesOf(pairs: readonly string[], pageSize: number): Page[] {
  const byBase = new Map<string, string[]>()
  for (const pair of new Set(pairs)) byBase.set(baseOf(pair), [...(byBase.get(baseOf(pair)) ?? []), quoteOf(pair)])
  return [...byBase].flatMap(([base, quotes]) =>
    Array.from({ length: Math.ceil(quotes.length / pageSize) }, (_, page) => ({
      base,
      quotes: quotes.slice(page * pageSize, (page + 1) * pageSize),
    })),
  )
}

async function fetchPage(
  { apiBase = OANDA_API_BASE, apiKey, clock }: OandaOptions,
  intervalMs: number,
  { base, quotes }: Page,
  signal: AbortSignal,
): Promise<Tick[]> {
  const url = new URL(`${apiBase.replace(/\/$/, '')}/rates/aggregated.json`)
  const now = clock.now()
  url.searchParams.set('base', base)
  for (const quote of quotes) url.searchParams.append('quote', quote)
  url.searchParams.set('start_time', new Date(now.getTime() - intervalMs).toISOString())
  url.searchParams.set('end_time', now.toISOString())
  url.searchParams.set('fields', 'close')
  const headers = { authorization: `Bearer ${apiKey}`, accept: 'application/json' }
  const body = parseJson(await readBody(NAME, url, { headers, signal, reasonOf }))
  if (!isObject(body) || !Array.isArray(body.quotes)) throw nonsense(NAME, 'no quotes')
  const asked = new Set(quotes.map((quote) => base + quote))
  return body.quotes.map((quote: unknown) => toTick(quote, now)).filter(({ pair }) => asked.has(pair))
}

/** `{"code": 1, "message": "..."}` is how it says what is wrong. */
function reasonOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body)
    return isObject(parsed) && typeof parsed.message === 'string' ? parsed.message : ''
  } catch {
    return '' // Some proxy's page; the status is said in any case.
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw nonsense(NAME, 'not JSON', cause)
  }
}

function toTick(quote: unknown, now: Date): Tick {
  if (!isObject(quote)) throw nonsense(NAME, 'a quote that is no object')
  const [base, counter] = [quote.base_currency ?? quote.base, quote.quote_currency ?? quote.quote]
  if (typeof base !== 'string' || typeof counter !== 'string') throw nonsense(NAME, 'a quote without its currencies')
  const closed = quote.close_time === undefined ? now : new Date(String(quote.close_time))
  if (Number.isNaN(closed.getTime())) throw nonsense(NAME, 'a time that is none')
  return {
    pair: base + counter,
    bid: price(quote.close_bid),
    mid: price(quote.close_midpoint),
    ask: price(quote.close_ask),
    source: NAME,
    observedAt: closed,
  }
}

/** A price as text or as a number that is written without an exponent: it is taken digit by digit. */
function price(value: unknown): Decimal {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) throw nonsense(NAME, 'a price that is none')
  return Decimal.parse(text)
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
