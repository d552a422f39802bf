import { describe, expect, it } from 'vitest'
import { PAYMENT_STATUSES, type PaymentStatus, type ProviderOutcome } from './payment.ts'
import { hear, hearOfRefund, PROVIDER_WORDS, type ProviderWord } from './provider-word.ts'

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
    expect(said('AUTHORIZED', 'RETURNED', { amountMinor: 99n })).toMatchObject({ do: 'open', kind: 'OTHER_AMOUNT' })
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

describe('what a provider says of the refund of a deposit', () => {
  const heard = (
    known: ProviderOutcome | null,
    word: ProviderWord,
    { amountMinor = 100n, status = 'PENDING' as 'PENDING' | 'COMPLETED' | 'FAILED' } = {},
  ) =>
    hearOfRefund(
      {
        status,
        providerOutcome: known,
        amountMinor: 100n,
        payment: { kind: 'DEPOSIT', provider: 'sandbox', toCurrency: 'USD' },
      },
      { word, amountMinor, currency: 'USD' },
    )
  const out = { debitCode: 'suspense.sandbox', creditCode: 'settlement.sandbox' }
  const back = { debitCode: 'settlement.sandbox', creditCode: 'suspense.sandbox' }

  it('counts once, and the same again is nothing', () => {
    for (const word of ['SETTLED', 'FAILED'] as const) {
      expect(heard(null, word)).toEqual({ do: 'settle', outcome: word })
      expect(heard(word, word)).toEqual({ do: 'nothing' })
    }
    expect(heard(null, 'FAILED', { status: 'FAILED' })).toEqual({ do: 'nothing' })
  })

  it('moves suspense where it contradicts what was carried out, in the direction in which the money went', () => {
    expect(heard('SETTLED', 'FAILED', { status: 'COMPLETED' })).toEqual({
      do: 'open',
      kind: 'LATE_FAILURE',
      posting: back,
    })
    const late = { do: 'open', kind: 'LATE_SETTLEMENT', posting: out }
    expect(heard('FAILED', 'SETTLED', { status: 'FAILED' })).toEqual(late)
    expect(heard(null, 'SETTLED', { status: 'FAILED' })).toEqual(late)
  })

  it('of another amount settles nothing', () => {
    const other = { amountMinor: 99n }
    expect(heard(null, 'SETTLED', other)).toEqual({ do: 'open', kind: 'OTHER_AMOUNT', posting: out })
    expect(heard('SETTLED', 'FAILED', other)).toEqual({ do: 'open', kind: 'OTHER_AMOUNT', posting: back })
    // Nothing has moved, whatever it would have been.
    expect(heard(null, 'FAILED', other)).toEqual({ do: 'settle', outcome: 'FAILED' })
  })

  it('is refused where it cannot be said', () => {
    expect(heard(null, 'RETURNED')).toEqual({ do: 'refuse' })
    expect(heard(null, 'CHARGEBACK')).toEqual({ do: 'refuse' })
  })
})
