import type { Consumer, DeliveredEvent } from '@corridor/events'
import type { ServiceClient } from '@corridor/subgraph'
import type { MailTransport } from './mail-transport.ts'
import { type MailKind, writeMail } from './templates.ts'

export interface MailerDeps {
  readonly profile: ServiceClient
  readonly transport: MailTransport
  /** Who decides on payments that are held. */
  readonly operationsAddress: string
}

interface Recipient {
  readonly email: string
  readonly givenName: string | null
  readonly locale: string
}

const VERIFICATION = `query Verification($id: ID!) { emailVerification(id: $id) { email givenName locale code } }`
const RECIPIENTS = `query Recipients($ids: [ID!]!) { mailRecipients(profileIds: $ids) { email givenName locale } }`

/** Which mails an event asks for, by what has happened: to its payer, its payee, or to operators. */
const PAYMENT_MAILS: Readonly<Record<string, readonly { kind: MailKind; to: 'payer' | 'payee' | 'operations' }[]>> = {
  'payment.completed': [
    { kind: 'completed', to: 'payer' },
    { kind: 'received', to: 'payee' },
  ],
  'payment.declined': [{ kind: 'declined', to: 'payer' }],
  'payment.in_review': [{ kind: 'review', to: 'operations' }],
}

/**
 * Sends what events ask for. Addresses, names and codes are asked for when the mail is sent, so that no event holds them.
 * A mail goes out at least once, and always under the same id: the event's and the kind of the mail.
 */
export function createMailer(deps: MailerDeps): Consumer {
  return {
    name: 'mailer',
    topics: ['payment.events', 'profile.events'],
    async handle(event) {
      if (event.type === 'profile.email_verification_requested') await mailCode(deps, event)
      for (const { kind, to } of PAYMENT_MAILS[event.type] ?? []) {
        await mailPayment(deps, event, { kind, recipient: await recipientOf(deps, event, to) })
      }
    },
  }
}

/** Nothing when the code was used, replaced or has expired meanwhile. */
async function mailCode({ profile, transport }: MailerDeps, { id, data }: DeliveredEvent): Promise<void> {
  const { emailVerification } = await profile.request<{ emailVerification: (Recipient & { code: string }) | null }>(
    VERIFICATION,
    { id: data.verificationId },
  )
  if (emailVerification === null) return
  const { email, givenName, locale, code } = emailVerification
  const written = writeMail('verification', locale, { givenName, subject: code })
  await transport.send({ id: `${id}.verification`, to: email, ...written })
}

/** Nothing when there is nobody to be told. */
async function mailPayment(
  { transport }: MailerDeps,
  { id, key }: DeliveredEvent,
  { kind, recipient }: { kind: MailKind; recipient: Recipient | null },
): Promise<void> {
  if (recipient === null) return
  const { email, givenName, locale } = recipient
  await transport.send({ id: `${id}.${kind}`, to: email, ...writeMail(kind, locale, { givenName, subject: key }) })
}

/** Null for a payee who is the payer, and for who has no address or was erased. */
async function recipientOf(
  { profile, operationsAddress }: MailerDeps,
  { data }: DeliveredEvent,
  to: 'payer' | 'payee' | 'operations',
): Promise<Recipient | null> {
  if (to === 'operations') return { email: operationsAddress, givenName: null, locale: 'en' }
  const id = data[to]
  if (typeof id !== 'string' || (to === 'payee' && id === data.payer)) return null
  const { mailRecipients } = await profile.request<{ mailRecipients: (Recipient | null)[] }>(RECIPIENTS, { ids: [id] })
  return mailRecipients[0] ?? null
}
