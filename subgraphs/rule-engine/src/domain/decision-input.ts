import type { AmountBounds } from './amount-bounds.ts'
import type { PaymentKind } from './decision.ts'

export interface WindowUse {
  readonly payments: number
  readonly usdMinor: number
}

/**
 * What rules decide on: codes, numbers and flags, never a name. Amounts are US cents as JSON numbers, exact up to
 * `MAX_SAFE_INTEGER`, which is far above the platform's hard bound; beyond it they are cut there. It holds everything that
 * a decision depends on, so that the same versions decide it the same way at any later time.
 */
export interface DecisionInput {
  readonly kind: PaymentKind
  readonly amountUsdMinor: number
  readonly currency: string
  readonly destinationCountry: string | null
  /** The customer has not sent money to that country before. */
  readonly newDestination: boolean
  /** There is another customer on the other side. */
  readonly counterparty: boolean
  readonly customer: {
    readonly known: boolean
    /** NONE until the customer's identity is verified. */
    readonly kycLevel: 'NONE' | 'BASIC' | 'ENHANCED'
    readonly country: string | null
    readonly screeningMatch: boolean
    readonly screeningScore: number
  }
  /** The names of the lists that hold each of these. */
  readonly listed: {
    readonly destinationCountry: readonly string[]
    readonly customerCountry: readonly string[]
    /** The customer himself, or the wallet that he pays from. */
    readonly customer: readonly string[]
    /** Who is paid, or his wallet. */
    readonly counterparty: readonly string[]
  }
  /** Which versions of the lists were asked. */
  readonly listVersions: Readonly<Record<string, number>>
  /** What was used before this payment. */
  readonly usage: {
    readonly hour: WindowUse
    readonly day: WindowUse
    readonly month: WindowUse
    readonly ever: WindowUse
  }
  /** The hour on the customer's own clock. */
  readonly localHour: number
  readonly bounds: AmountBounds
}

export const toSafeNumber = (minor: bigint): number =>
  Number(minor > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : minor)

/** Making one takes longer than all the rest of an input; there are a few hundred zones. */
const HOURS = new Map<string, Intl.DateTimeFormat>()

/** The hour of the day in an IANA zone; UTC where the zone is not known. */
export function localHour(at: Date, timeZone: string | null): number {
  if (timeZone === null || timeZone === 'UTC') return at.getUTCHours()
  try {
    return Number(hourFormat(timeZone).format(at))
  } catch {
    // A zone that this runtime does not know: the customer's night is taken to be that of UTC.
    return at.getUTCHours()
  }
}

function hourFormat(timeZone: string): Intl.DateTimeFormat {
  const known = HOURS.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone })
  HOURS.set(timeZone, format)
  return format
}

/** A payment of which no shipped rule has anything to say: what an example leaves out is taken from here. */
export const ORDINARY_PAYMENT: DecisionInput = {
  kind: 'TRANSFER',
  amountUsdMinor: 10_000,
  currency: 'USD',
  destinationCountry: 'US',
  newDestination: false,
  counterparty: true,
  customer: { known: true, kycLevel: 'BASIC', country: 'US', screeningMatch: false, screeningScore: 0 },
  listed: { destinationCountry: [], customerCountry: [], customer: [], counterparty: [] },
  listVersions: {},
  usage: {
    hour: { payments: 0, usdMinor: 0 },
    day: { payments: 0, usdMinor: 0 },
    month: { payments: 0, usdMinor: 0 },
    ever: { payments: 0, usdMinor: 0 },
  },
  localHour: 12,
  bounds: { minUsdMinor: 1, maxUsdMinor: 100_000_000 },
}
