import { useCallback, useEffect, useState } from 'react'
import { useClient } from 'urql'
import { type Problem, problemIn } from '../../api/errors.ts'
import { graphql, type ResultOf, type VariablesOf } from '../../api/graphql.ts'

const PREPARE_PAYMENT = graphql(`
  mutation PreparePayment($input: PreparePaymentInput!) {
    preparePayment(input: $input) {
      id
      debit { amount currency }
      credit { amount currency }
      fee { amount currency }
      fxQuote { id appliedRate mid source }
      decision { outcome reasons { code message } }
      expiresAt
    }
  }
`)

export type QuoteInput = VariablesOf<typeof PREPARE_PAYMENT>['input']
export type Quote = ResultOf<typeof PREPARE_PAYMENT>['preparePayment']

export interface LiveQuote {
  /** For exactly the input of now; null while there is none. */
  readonly quote: Quote | null
  readonly problem: Problem | null
  readonly busy: boolean
  /** Asks anew, for the same. */
  readonly refresh: () => void
}

/** Whoever types is not asked for at every letter. */
const TYPING_PAUSE_MS = 350
/** A page that is left open stops asking: each offer locks a rate. */
const MAX_RENEWALS = 10

/** An offer that follows what is typed, and is renewed when it runs out, for as long as somebody looks. */
export function usePaymentQuote(input: QuoteInput | null): LiveQuote {
  const client = useClient()
  const [state, setState] = useState<Omit<LiveQuote, 'refresh'>>({ quote: null, problem: null, busy: false })
  const [round, setRound] = useState({ key: '', count: 0 })
  const key = input === null ? '' : JSON.stringify(input)
  const count = round.key === key ? round.count : 0
  const refresh = useCallback(
    () => setRound((before) => ({ key, count: before.key === key ? before.count + 1 : 1 })),
    [key],
  )

  useEffect(() => {
    if (key === '') {
      setState({ quote: null, problem: null, busy: false })
      return
    }
    let left = false
    const ask = async (): Promise<void> => {
      const asked = JSON.parse(key) as QuoteInput // Written from one just above.
      const { data, error } = await client.mutation(PREPARE_PAYMENT, { input: asked }).toPromise()
      if (left) return
      setState({ quote: data?.preparePayment ?? null, problem: error ? problemIn(error) : null, busy: false })
    }
    setState((before) => ({ quote: count === 0 ? null : before.quote, problem: null, busy: true }))
    const timer = setTimeout(() => void ask(), count === 0 ? TYPING_PAUSE_MS : 0)
    return () => {
      left = true
      clearTimeout(timer)
    }
  }, [client, key, count])

  const expiresAt = state.quote?.expiresAt
  useEffect(() => {
    if (expiresAt === undefined) return
    const timer = setTimeout(
      () => {
        if (count < MAX_RENEWALS && document.visibilityState === 'visible') refresh()
      },
      Math.max(0, Date.parse(expiresAt) - Date.now()),
    )
    return () => clearTimeout(timer)
  }, [expiresAt, count, refresh])

  return { ...state, refresh }
}
