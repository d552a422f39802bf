import type { ToldOfPayment } from '../domain/provider-word.ts'

/** A callback as it came, byte for byte. */
export interface CallbackRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** What a provider told us of one payment, or of one refund. */
export interface Told extends ToldOfPayment {
  /** The provider's own id of the event. */
  readonly eventId: string
  readonly subjectId: string
}

export type CallbackRead =
  | { readonly read: 'told'; readonly told: Told }
  /** Signed, and of no concern to payments. */
  | { readonly read: 'nothing' }
  | { readonly read: 'unsigned' }
  | { readonly read: 'malformed' }

/** Reads one provider's callbacks: nothing of one is believed before its signature is checked. */
export type CallbackReader = (request: CallbackRequest) => Promise<CallbackRead>
