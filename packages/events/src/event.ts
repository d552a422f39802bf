/** JSON as it stands in a row and in a message. Money in it is minor units as text. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue }
export type EventData = { readonly [name: string]: JsonValue }

export const TOPICS = [
  'forex.rates',
  'ledger.transfers',
  'ledger.blocks',
  'payment.events',
  'wallet.events',
  'profile.events',
  'rules.decisions',
] as const

export type Topic = (typeof TOPICS)[number]

/** Whose events stand in which topics. */
export const TOPICS_OF = {
  forex: ['forex.rates'],
  ledger: ['ledger.transfers', 'ledger.blocks'],
  payment: ['payment.events'],
  profile: ['profile.events'],
  'rule-engine': ['rules.decisions'],
  wallet: ['wallet.events'],
} as const satisfies Readonly<Record<string, readonly Topic[]>>

export interface NewEvent {
  /** A UUID; made if absent. Consumers recognise a repeated delivery by it. */
  readonly id?: string
  readonly topic: Topic
  /** The aggregate's id: events of one key are delivered in order. */
  readonly key: string
  /** What happened: payment.completed */
  readonly type: string
  /** Ids, codes and amounts; never personal data, never free text. */
  readonly data: EventData
  /** W3C Trace Context of the change; default: the span that is active. */
  readonly traceparent?: string | null
}

export interface DeliveredEvent {
  readonly id: string
  readonly topic: Topic
  readonly key: string
  readonly type: string
  readonly data: EventData
  readonly occurredAt: Date
  /** W3C Trace Context of the change, where it was traced. */
  readonly traceparent: string | null
}
