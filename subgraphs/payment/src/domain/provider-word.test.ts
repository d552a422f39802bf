import { describe, expect, it } from 'vitest'
import { PAYMENT_STATUSES, type PaymentStatus, type ProviderOutcome } from './payment.ts'
import { hear, PROVIDER_WORDS, type ProviderWord } from './provider-word.ts'

const said = (
  status: PaymentStatus,
  word: ProviderWord,
  {
    kind = 'PAYOUT' as 'PAYOUT' | 'DEPOSIT',
    providerOutcome = null as ProviderOutcome | null,
    amountMinor = 100n,
    returnedMinor = 0n,
  } = {},
) =>
  hear(
    { kind, status, provider: 'sandbox', providerOutcome, toCurrency: 'USD', expectedMinor: 100n, returnedMinor },
    { word, amountMinor, currency: 'USD' },
  )

describe('what a provider says', () => {
  it('ends nothing that has ended, whatever it says', () => {
    const ended = PAYMENT_STATUSES.filter(
      (status) => !['SCHEDULED', 'PENDING', 'IN_REVIEW', 'AUTHORIZED'].includes(status),
    )
    for (const status of ended) {
      for (const word of PROVIDER_WORDS) {
        for (const kind of ['PAYOUT', 'DEPOSIT'] as const) expect(said(status, word, { kind }).do).not.toBe('settle')
      }
    }
  })

  it('counts once: the first of two words stands, and a contradiction is looked into', () => {
    expect(said('AUTHORIZED', 'SETTLED')).toEqual({ do: 'settle', outcome: 'SETTLED' })
    expect(said('AUTHORIZED', 'SETTLED', { providerOutcome: 'SETTLED' })).toEqual({ do: 'nothing' })
    expect(said('AUTHORIZED', 'SETTLED', { providerOutcome: 'FAILED' })).toMatchObject({ kind: 'LATE_SETTLEMENT' })
    expect(said('COMPLETED', 'FAILED')).toEqual({ do: 'open', kind: 'LATE_FAILURE', posting: null })
    expect(said('FAILED', 'FAILED')).toEqual({ do: 'nothing' })
  })

  it('of another amount moves suspense alone, in the direction in which the money went', () => {
    const out = { debitCode: 'suspense.sandbox', creditCode: 'settlement.sandbox' }
    const into = { debitCode: 'settlement.sandbox', creditCode: 'suspense.sandbox' }
    expect(said('AUTHORIZED', 'SETTLED', { amountMinor: 99n })).toMatchObject({ kind: 'OTHER_AMOUNT', posting: out })
    expect(said('AUTHORIZED', 'SETTLED', { kind: 'DEPOSIT', amountMinor: 99n })).toMatchObject({ posting: into })
    expect(said('COMPLETED', 'RETURNED', { amountMinor: 99n })).toMatchObject({ posting: into })
    expect(said('COMPLETED', 'CHARGEBACK', { kind: 'DEPOSIT' })).toMatchObject({ kind: 'CHARGEBACK', posting: out })
  })

  it('comes back only after it went out, even where that is not carried out yet', () => {
    expect(said('AUTHORIZED', 'RETURNED')).toEqual({ do: 'settle', outcome: 'FAILED' })
    expect(said('AUTHORIZED', 'RETURNED', { providerOutcome: 'SETTLED' })).toEqual({ do: 'return' })
    expect(said('COMPLETED', 'RETURNED')).toEqual({ do: 'return' })
    expect(said('REFUNDED', 'RETURNED', { returnedMinor: 100n })).toEqual({
      do: 'open',
      kind: 'OTHER_AMOUNT',
      posting: { debitCode: 'settlement.sandbox', creditCode: 'suspense.sandbox' },
    })
    expect(said('FAILED', 'RETURNED')).toMatchObject({ kind: 'LATE_FAILURE' })
  })

  it('is refused where it cannot be said: a deposit does not come back, a payout is not charged back', () => {
    expect(said('COMPLETED', 'RETURNED', { kind: 'DEPOSIT' })).toEqual({ do: 'refuse' })
    expect(said('COMPLETED', 'CHARGEBACK')).toEqual({ do: 'refuse' })
  })
})
