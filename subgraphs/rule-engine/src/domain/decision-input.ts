import type { PaymentKind } from './decision.ts'

export interface WindowUse {
  readonly payments: number
  readonly usdMinor: number
}

/**
 * What rules decide on: codes, numbers and flags, never a name. Amounts are US cents as JSON numbers, exact up to
 * `MAX_SAFE_INTEGER`, which is far above the platform's hard bound of a million dollars; beyond it they are cut there.
 */
export interface DecisionInput {
  readonly kind: PaymentKind
  readonly amountUsdMinor: number
  readonly currency: string
  readonly destinationCountry: string | null
  readonly newDestination: boolean
  readonly counterparty: boolean
  readonly customer: {
    readonly known: boolean
    /** NONE until the customer's identity is verified. */
    readonly kycLevel: 'NONE' | 'BASIC' | 'ENHANCED'
    readonly country: string | null
    readonly screeningMatch: boolean
    readonly screeningScore: number
  }
  /** What was used before this payment. */
  readonly usage: {
    readonly hour: WindowUse
    readonly day: WindowUse
    readonly month: WindowUse
    readonly ever: WindowUse
  }
  /** The hour on the customer's own clock. */
  readonly localHour: number
}

export const toSafeNumber = (minor: bigint): number =>
  Number(minor > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : minor)

/** The hour of the day in an IANA zone; UTC where the zone is not known. */
export function localHour(at: Date, timeZone: string | null): number {
  try {
    const hour = new Intl.DateTimeFormat('en-GB', {
      hour: '2-digit',
      hourCycle: 'h23',
      timeZone: timeZone ?? 'UTC',
    }).format(at)
    return Number(hour)
  } catch {
    // A zone that this runtime does not know: the customer's night is taken to be that of UTC.
    return at.getUTCHours()
  }
}
