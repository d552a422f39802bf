import type { Result } from '@corridor/platform'
import type { KycFinding } from '../domain/kyc.ts'
import type { KycLevel } from '../domain/profile.ts'

export interface KycApplicant {
  readonly givenName: string | null
  readonly familyName: string | null
  readonly email: string | null
  readonly country: string | null
}

export interface KycRequest {
  /** Ours; the same one for a repeated start. */
  readonly checkId: string
  readonly level: KycLevel
  readonly applicant: KycApplicant
}

export interface StartedCheck {
  /** The provider's own id, by which it will speak of the check. */
  readonly reference: string
  /** Where the customer goes on. */
  readonly redirectUrl: string
}

export interface CallbackRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** What a callback says. */
export interface KycReport {
  /** Recognises a repeated callback. */
  readonly eventId: string
  readonly reference: string
  /** Null while the provider is not at its end. */
  readonly finding: KycFinding | null
}

/** Who looks at customers' papers, on pages of his own. */
export interface KycProvider {
  /** As in /callbacks/<name>. */
  readonly name: string
  /** Throws a retryable `Fault` when it is away. */
  start(request: KycRequest): Promise<StartedCheck>
  /** `SIGNATURE_INVALID` for a callback that is not its own; null for one that is about something else. */
  read(request: CallbackRequest): Promise<Result<KycReport | null>>
}
