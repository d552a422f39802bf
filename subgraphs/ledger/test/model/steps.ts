import fc from 'fast-check'

/** Places in lists that a run makes as it goes, taken modulo their length: what they name is known when the step is run. */
type Place = number

export interface TransferPlan {
  readonly action: 'POST' | 'HOLD' | 'CAPTURE' | 'VOID'
  readonly debit: Place
  readonly credit: Place
  readonly amount: bigint | null
  readonly hold: Place
  readonly expiresInMs: number | null
  /** Takes the id of an earlier transfer. */
  readonly repeatsId: boolean
}

export interface JournalPlan {
  readonly final: boolean
  readonly transfers: readonly TransferPlan[]
  /** A held conversion, or its resolution: both legs in one journal. */
  readonly conversion: 'HOLD' | 'CAPTURE' | 'VOID' | null
}

export type Step =
  | { readonly kind: 'batch'; readonly journals: readonly JournalPlan[] }
  | { readonly kind: 'concurrent'; readonly journals: readonly JournalPlan[] }
  | { readonly kind: 'repeat'; readonly journal: Place; readonly changed: boolean }
  | { readonly kind: 'retire'; readonly journal: Place; readonly unused: boolean }
  | { readonly kind: 'status'; readonly wallet: Place; readonly status: 'OPEN' | 'FROZEN' | 'CLOSED' }
  | { readonly kind: 'clock'; readonly byMs: number }
  | { readonly kind: 'expire' }

const MINUTE_MS = 60_000
const place = fc.nat({ max: 999 })
const amount = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt({ min: 1n, max: 120n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: -2n, max: 0n }) },
)

const transfer: fc.Arbitrary<TransferPlan> = fc.record({
  action: fc.oneof(
    { weight: 5, arbitrary: fc.constant('POST' as const) },
    { weight: 4, arbitrary: fc.constant('HOLD' as const) },
    { weight: 4, arbitrary: fc.constant('CAPTURE' as const) },
    { weight: 2, arbitrary: fc.constant('VOID' as const) },
  ),
  debit: place,
  credit: place,
  amount: fc.option(amount, { freq: 4 }),
  hold: place,
  expiresInMs: fc.option(fc.integer({ min: -MINUTE_MS / 6, max: MINUTE_MS }), { freq: 2 }),
  repeatsId: fc.integer({ min: 0, max: 24 }).map((n) => n === 0),
})

const journal: fc.Arbitrary<JournalPlan> = fc.record({
  final: fc.boolean(),
  transfers: fc.array(transfer, { minLength: 1, maxLength: 3 }),
  conversion: fc
    .option(fc.constantFrom('HOLD' as const, 'CAPTURE' as const, 'VOID' as const), { freq: 5 })
    .map((c) => c),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      journals: fc.array(journal, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('concurrent' as const),
      journals: fc.array(journal, { minLength: 2, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('repeat' as const), journal: place, changed: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('retire' as const), journal: place, unused: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('status' as const),
      wallet: place,
      status: fc.constantFrom('OPEN' as const, 'OPEN' as const, 'FROZEN' as const, 'CLOSED' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      byMs: fc.integer({ min: -MINUTE_MS, max: 2 * MINUTE_MS }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'expire' as const }) },
)

export const steps = fc.array(step, { minLength: 5, maxLength: 30, size: 'max' })
