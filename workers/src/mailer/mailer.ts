import { type Consumer, type DeliveredEvent, Loop } from '@corridor/events'
import { CallGroup, Fault, isAway, type Logger } from '@corridor/platform'
import type { DueMail, PostponedMails } from '@corridor/profile'
import type { ServiceClient } from '@corridor/subgraph'
import { LRUCache } from 'lru-cache'
import { MailPutOff, MailRefused, type MailTransport } from './mail-transport.ts'
import { type MailKind, writeMail } from './templates.ts'

export interface MailerDeps {
  readonly profile: ServiceClient
  readonly transport: MailTransport
  /** Where mails wait that were put off. */
  readonly postponed: PostponedMails
  /** Who decides on payments that are held. */
  readonly operationsAddress: string
  readonly logger: Logger
  /** How often it is looked for mails that are due again. */
  readonly pollMs?: number
}

export interface Mailer {
  readonly consumer: Consumer
  /** Tries again, from here on, what was put off. */
  start(): void
  stop(): Promise<void>
}

interface Recipient {
  readonly email: string
  readonly givenName: string | null
  readonly locale: string
}

/** Answers null for who has no address or was erased. */
type AskRecipient = (profileId: string) => Promise<Recipient | null>

/** With whom mails go to, asked for together. */
type SendDeps = MailerDeps & { readonly askRecipient: AskRecipient }

/** Of an event, what its mails are made of. */
type Occasion = Pick<DeliveredEvent, 'id' | 'key' | 'data'>

const VERIFICATION = `query Verification($id: ID!) { emailVerification(id: $id) { email givenName locale code } }`
const RECIPIENTS = `query Recipients($ids: [ID!]!) { mailRecipients(profileIds: $ids) { email givenName locale } }`

/** Which mails an event asks for, by what has happened. */
const MAILS: Readonly<Record<string, readonly MailKind[]>> = {
  'profile.email_verification_requested': ['verification'],
  'payment.completed': ['completed', 'received'],
  'payment.declined': ['declined'],
  'payment.in_review': ['review'],
}

/** Whom a mail about a payment is for. */
const READERS: Readonly<Record<Exclude<MailKind, 'verification'>, 'payer' | 'payee' | 'operations'>> = {
  completed: 'payer',
  received: 'payee',
  declined: 'payer',
  review: 'operations',
}

const POLL_MS = 5_000
const AT_ONCE = 16
const FORGET_POLL_MS = 3_600_000
/** Mails of an event that comes again, since another one of it was refused, are not sent again by this process. */
const MAX_REMEMBERED = 10_000

/**
 * Sends what events ask for. Addresses, names and codes are asked for when the mail is sent, so that no event holds them.
 * A mail goes out at least once, and always under the same id: the event's and the kind of the mail. While no mail can be
 * sent events wait; a mail that its recipient's server puts off waits alone, and is tried again for a day.
 */
export function createMailer(options: MailerDeps): Mailer {
  const { profile, postponed, logger, pollMs = POLL_MS } = options
  const deps = { ...options, askRecipient: askTogether(profile) }
  const sent = new LRUCache<string, true>({ max: MAX_REMEMBERED })
  const loops = [
    new Loop({ name: 'mailer: again', logger, round: () => sendDue(deps), pollMs }),
    new Loop({
      name: 'mailer: forget',
      logger,
      round: async () => {
        await postponed.forgetGivenUp()
        return false
      },
      pollMs: FORGET_POLL_MS,
    }),
  ]
  return {
    consumer: {
      name: 'mailer',
      topics: ['payment.events', 'profile.events'],
      async handle({ type, id, key, data }) {
        const outcomes = await Promise.allSettled(
          (MAILS[type] ?? []).map(async (kind) => {
            const mail = `${id}.${kind}`
            if (sent.has(mail)) return
            try {
              await send(deps, { id, key, data }, kind)
              sent.set(mail, true)
            } catch (error) {
              if (!(error instanceof MailPutOff)) throw error
              logger.info({ error, event: id, kind }, 'mail put off')
              await postponed.keep({ id, key, data, kind })
            }
          }),
        )
        const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
        // What is refused is given up after some attempts: not while the other mail cannot be sent at all.
        if (errors.length > 0) throw errors.find(isAway) ?? errors[0]
      },
    },
    start: () => {
      for (const loop of loops) loop.start()
    },
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

/** Tries again what is due; answers whether more may be. Throws when no mail can be sent: what was taken will be due again. */
async function sendDue(deps: SendDeps): Promise<boolean> {
  const due = await deps.postponed.takeDue(AT_ONCE)
  const outcomes = await Promise.allSettled(due.map((mail) => sendAgain(deps, mail)))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return due.length === AT_ONCE
}

async function sendAgain(deps: SendDeps, mail: DueMail): Promise<void> {
  try {
    await send(deps, mail, mail.kind as MailKind) // As it was kept.
  } catch (error) {
    if (isAway(error)) throw error
    if ((error instanceof MailPutOff || error instanceof Fault) && !mail.overdue) return
    deps.logger.error({ error, event: mail.id, kind: mail.kind }, 'mail given up')
    return await deps.postponed.giveUp(mail, reasonOf(error))
  }
  await deps.postponed.forget(mail)
}

/** For an operator: what may be kept, which of an error of no known kind is its name. */
function reasonOf(error: unknown): string {
  if (error instanceof MailPutOff || error instanceof MailRefused) return error.message
  if (error instanceof Fault) return error.code
  return error instanceof Error ? error.name : typeof error
}

const send = (deps: SendDeps, occasion: Occasion, kind: MailKind): Promise<void> =>
  kind === 'verification' ? mailCode(deps, occasion) : mailPayment(deps, occasion, kind)

/** Nothing when the code was used, replaced or has expired meanwhile. */
async function mailCode({ profile, transport }: MailerDeps, { id, data }: Occasion): Promise<void> {
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
async function mailPayment(deps: SendDeps, occasion: Occasion, kind: keyof typeof READERS): Promise<void> {
  const recipient = await recipientOf(deps, occasion, READERS[kind])
  if (recipient === null) return
  const { email, givenName, locale } = recipient
  const written = writeMail(kind, locale, { givenName, subject: occasion.key })
  await deps.transport.send({ id: `${occasion.id}.${kind}`, to: email, ...written })
}

/** Null for a payee who is the payer, and for who has no address or was erased. */
async function recipientOf(
  { askRecipient, operationsAddress }: SendDeps,
  { data }: Occasion,
  reader: 'payer' | 'payee' | 'operations',
): Promise<Recipient | null> {
  if (reader === 'operations') return { email: operationsAddress, givenName: null, locale: 'en' }
  const id = data[reader]
  if (typeof id !== 'string' || (reader === 'payee' && id === data.payer)) return null
  return await askRecipient(id)
}

/** Events come side by side: those that wait for an answer are asked about in one call. */
function askTogether(profile: ServiceClient): AskRecipient {
  const group = new CallGroup<string, Recipient | null>({
    span: { service: 'mailer', name: 'ask for recipients' },
    answer: async (profileIds) => {
      const ids = [...new Set(profileIds)]
      const { mailRecipients } = await profile.request<{ mailRecipients: (Recipient | null)[] }>(RECIPIENTS, { ids })
      return profileIds.map((id) => mailRecipients[ids.indexOf(id)] ?? null)
    },
    groupsAtOnce: 1,
  })
  return (profileId) => group.submit(profileId)
}
