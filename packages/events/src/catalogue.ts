import type { Topic } from './event.ts'

/** A JSON Schema (draft 2020-12), as far as events need it. */
export type JsonSchema = { readonly [keyword: string]: unknown }

export interface EventDescription {
  readonly topic: Topic
  readonly summary: string
  /** Fields of `data` that are always there. More may be added: readers leave alone what they do not know. */
  readonly data: Readonly<Record<string, JsonSchema>>
}

const id = { type: 'string', format: 'uuid' }
const text = { type: 'string' }
const time = { type: 'string', format: 'date-time' }
const flag = { type: 'boolean' }
const integer = { type: 'integer' }
const currency = { type: 'string', pattern: '^[A-Z]{3}$' }
const pair = { type: 'string', pattern: '^[A-Z]{6}$' }
const decimal = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?$' }
const minor = { type: 'string', pattern: '^-?[0-9]+$', description: 'Minor units.' }
const version = { type: 'string', pattern: '^[0-9]+$', description: 'Rises with every change of the aggregate.' }
const oneOf = (...values: string[]): JsonSchema => ({ type: 'string', enum: values })
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] })

const forex = (summary: string, data: EventDescription['data']): EventDescription => ({
  topic: 'forex.rates',
  summary,
  data,
})
const quote = { quoteId: id, owner: id, fromCurrency: currency, fromMinor: minor, toCurrency: currency, toMinor: minor }

const PAYMENT = {
  paymentId: id,
  status: text,
  kind: oneOf('TRANSFER', 'DEPOSIT', 'WITHDRAWAL', 'PAYOUT'),
  version,
  payer: id,
  payee: orNull(id),
  referenceUsdMinor: orNull(minor),
  referenceMid: orNull(decimal),
}
const payment = (summary: string): EventDescription => ({ topic: 'payment.events', summary, data: PAYMENT })

const PROFILE = {
  profileId: id,
  kycStatus: text,
  kycLevel: orNull(text),
  country: orNull(text),
  timeZone: orNull(text),
  locale: orNull(text),
  screening: orNull({
    type: 'object',
    required: ['match', 'score', 'listVersion'],
    properties: { match: flag, score: { type: 'number' }, listVersion: integer },
  }),
  version,
}
const profile = (summary: string, more: EventDescription['data'] = {}): EventDescription => ({
  topic: 'profile.events',
  summary,
  data: { ...PROFILE, ...more },
})

const wallet = (summary: string): EventDescription => ({
  topic: 'wallet.events',
  summary,
  data: { walletId: id, owner: id, currency, status: oneOf('ACTIVE', 'FROZEN', 'CLOSED') },
})

const rules = (summary: string, data: EventDescription['data']): EventDescription => ({
  topic: 'rules.decisions',
  summary,
  data,
})
const RULE_CHANGE = { name: text, version: integer, action: text, actor: orNull(text) }

/** Every event that a domain tells, by its type without the major version. */
export const EVENTS = {
  'rate.changed': forex('A pair has a new current rate.', {
    pair,
    version,
    bid: decimal,
    mid: decimal,
    ask: decimal,
    source: text,
    path: list(text),
    manual: flag,
    observedAt: time,
  }),
  'tick.quarantined': forex('A tick was too strange to be taken.', {
    pair,
    source: text,
    observedAt: time,
    reason: text,
  }),
  'override.set': forex('A rate was set by hand.', { id, pair, mid: decimal, by: text, expiresAt: orNull(time) }),
  'override.ended': forex('A rate set by hand holds no longer.', { id, pair, by: orNull(text) }),
  'quote.used': forex('A locked rate was bound to a payment.', { ...quote, paymentId: id }),
  'quote.expired': forex('A locked rate was not used in time.', { ...quote, paymentId: { type: 'null' } }),

  'ledger.entry': {
    topic: 'ledger.transfers',
    summary: 'An account was debited or credited.',
    data: {
      accountId: id,
      version,
      number: { ...version, description: 'Of the entry within its account, from 1, without gaps.' },
      transferId: id,
      journalId: id,
      direction: oneOf('DEBIT', 'CREDIT'),
      amountMinor: minor,
      balanceAfterMinor: minor,
      currency,
    },
  },
  'ledger.account': {
    topic: 'ledger.transfers',
    summary: 'What an account holds back, or its status, has changed.',
    data: {
      accountId: id,
      version,
      status: oneOf('OPEN', 'FROZEN', 'CLOSED'),
      currency,
      postedMinor: minor,
      heldMinor: minor,
    },
  },
  'ledger.block_sealed': {
    topic: 'ledger.blocks',
    summary: 'Transfers were sealed into a block, chained to the last and signed.',
    data: {
      number: version,
      size: integer,
      root: text,
      blockHash: text,
      previousBlockHash: text,
      signature: text,
      keyId: text,
      sealedAt: time,
    },
  },
  'ledger.invariant_breached': {
    topic: 'ledger.blocks',
    summary: 'Something that must hold of the books does not.',
    data: { invariant: text, detail: orNull(text), checkedAt: time },
  },
  'ledger.invariant_restored': {
    topic: 'ledger.blocks',
    summary: 'What did not hold of the books holds again.',
    data: { invariant: text },
  },

  'payment.scheduled': payment('A payment was taken in for later.'),
  'payment.pending': payment('A payment was taken in.'),
  'payment.in_review': payment('A payment waits for the decision of an operator.'),
  'payment.authorized': payment('The money is held, and the provider has the payment.'),
  'payment.completed': payment('The money has arrived.'),
  'payment.partially_refunded': payment('A part of the money went back.'),
  'payment.refunded': payment('All of the money went back.'),
  'payment.declined': payment('The rules or an operator declined a payment.'),
  'payment.failed': payment('A payment came to nothing.'),
  'payment.cancelled': payment('A payment was cancelled by its payer.'),

  'profile.created': profile('Somebody was seen for the first time, or registered.'),
  'profile.updated': profile('A profile was changed.'),
  'profile.kyc_started': profile('A check of identity was begun.'),
  'profile.kyc_decided': profile('A check of identity was decided.'),
  'profile.screened': profile('Names were compared with the lists of sanctions.'),
  'profile.email_verification_requested': profile('A mail with a code is to be sent.', { verificationId: id }),
  'profile.email_verified': profile('An e-mail address was proved.'),
  'profile.beneficiary_added': profile('A customer named whom he pays.', { beneficiaryId: id }),
  'profile.beneficiary_removed': profile('A customer does not pay somebody any more.', { beneficiaryId: id }),
  'profile.erased': profile('The key to the personal data of a customer was destroyed.'),

  'rules.decided': rules('A payment was judged.', {
    paymentId: id,
    customerId: id,
    outcome: oneOf('APPROVE', 'REVIEW', 'DECLINE'),
    riskScore: integer,
    codes: list(text),
  }),
  'rules.rule-set-changed': rules('A version of a rule set changed its state.', RULE_CHANGE),
  'rules.list-changed': rules('A list that rules read was changed.', RULE_CHANGE),

  'wallet.opened': wallet('A wallet was opened.'),
  'wallet.active': wallet('A frozen wallet may be used again.'),
  'wallet.frozen': wallet('A wallet was frozen.'),
  'wallet.closed': wallet('A wallet was closed for good.'),
} as const satisfies Readonly<Record<string, EventDescription>>

export type EventType = keyof typeof EVENTS

/** The schema of an event's data. */
export const dataSchemaOf = ({ data }: EventDescription): JsonSchema => ({
  type: 'object',
  required: Object.keys(data),
  properties: data,
})
