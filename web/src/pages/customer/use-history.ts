import { type RefCallback, useCallback, useState } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../api/graphql.ts'

export const RATE_HISTORY = graphql(`
  query RateHistory($pair: CurrencyPair!, $from: DateTime!, $to: DateTime!, $interval: CandleInterval!) {
    rateHistory(pair: $pair, from: $from, to: $to, interval: $interval) { openTime open high low close ticks }
  }
`)

const HOUR_MS = 60 * 60 * 1_000

/** The closing rates of the last hour's minutes, asked for when the element comes into sight. */
export function useHistory(pair: string): { closes: readonly number[]; ref: RefCallback<HTMLElement> } {
  const [seenAt, setSeenAt] = useState<number | null>(null)
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return
      setSeenAt((before) => before ?? Date.now())
      observer.disconnect()
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const to = seenAt ?? 0
  const [{ data }] = useQuery({
    query: RATE_HISTORY,
    variables: {
      pair,
      from: new Date(to - HOUR_MS).toISOString(),
      to: new Date(to).toISOString(),
      interval: 'MINUTE' as const,
    },
    pause: seenAt === null,
  })
  // Numbers for drawing: money is never made of them.
  return { closes: (data?.rateHistory ?? []).map(({ close }) => Number(close)), ref }
}
