/** What a mail is about. */
export type MailKind = 'verification' | 'completed' | 'received' | 'declined' | 'review'

export interface MailFacts {
  /** How the reader is addressed; null where nobody knows his name. */
  readonly givenName: string | null
  /** The code to be typed in, or the id of the payment. */
  readonly subject: string
}

export interface Written {
  readonly subject: string
  readonly text: string
  readonly html: string
}

interface Words {
  readonly greeting: (name: string | null) => string
  readonly closing: string
  readonly mails: Readonly<Record<MailKind, { subject: string; paragraphs: (subject: string) => readonly string[] }>>
}

const ENGLISH: Words = {
  greeting: (name) => (name === null ? 'Hello,' : `Hello ${name},`),
  closing: 'Corridor. This mail was sent by a machine: please do not answer it.',
  mails: {
    verification: {
      subject: 'Your code for Corridor',
      paragraphs: (code) => [
        `Your code is ${code}.`,
        'It proves that this address is yours. If you did not ask for it, there is nothing to do.',
      ],
    },
    completed: {
      subject: 'Your payment has arrived',
      paragraphs: (payment) => [`Your payment ${payment} has arrived.`, 'You see all of it in your account.'],
    },
    received: {
      subject: 'You have received a payment',
      paragraphs: (payment) => [`The payment ${payment} has arrived in your wallet.`],
    },
    declined: {
      subject: 'Your payment was declined',
      paragraphs: (payment) => [
        `Your payment ${payment} was declined. No money has left your wallet.`,
        'You see the reason in your account.',
      ],
    },
    review: {
      subject: 'A payment waits for review',
      paragraphs: (payment) => [`The payment ${payment} is held until somebody approves or refuses it.`],
    },
  },
}

const GERMAN: Words = {
  greeting: (name) => (name === null ? 'Guten Tag,' : `Guten Tag ${name},`),
  closing: 'Corridor. Diese Nachricht kommt von einer Maschine: bitte antworten Sie nicht darauf.',
  mails: {
    verification: {
      subject: 'Ihr Code für Corridor',
      paragraphs: (code) => [
        `Ihr Code ist ${code}.`,
        'Er zeigt, dass diese Adresse Ihnen gehört. Haben Sie ihn nicht angefordert, ist nichts zu tun.',
      ],
    },
    completed: {
      subject: 'Ihre Zahlung ist angekommen',
      paragraphs: (payment) => [`Ihre Zahlung ${payment} ist angekommen.`, 'Alles dazu steht in Ihrem Konto.'],
    },
    received: {
      subject: 'Sie haben eine Zahlung erhalten',
      paragraphs: (payment) => [`Die Zahlung ${payment} ist in Ihrer Wallet angekommen.`],
    },
    declined: {
      subject: 'Ihre Zahlung wurde abgelehnt',
      paragraphs: (payment) => [
        `Ihre Zahlung ${payment} wurde abgelehnt. Kein Geld hat Ihre Wallet verlassen.`,
        'Den Grund sehen Sie in Ihrem Konto.',
      ],
    },
    review: {
      subject: 'Eine Zahlung wartet auf Prüfung',
      paragraphs: (payment) => [`Die Zahlung ${payment} wird gehalten, bis jemand sie freigibt oder ablehnt.`],
    },
  },
}

const LANGUAGES: Readonly<Record<string, Words>> = { en: ENGLISH, de: GERMAN }

/** A mail in the language of `locale` (BCP 47), or in English where there is none; as text, and the same as HTML. */
export function writeMail(kind: MailKind, locale: string, { givenName, subject }: MailFacts): Written {
  const words = LANGUAGES[locale.slice(0, 2).toLowerCase()] ?? ENGLISH
  const mail = words.mails[kind]
  const paragraphs = [words.greeting(givenName), ...mail.paragraphs(subject), words.closing]
  const body = paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n')
  return {
    subject: mail.subject,
    text: `${paragraphs.join('\n\n')}\n`,
    html: `<!doctype html>\n<html><body>\n${body}\n</body></html>\n`,
  }
}

const ESCAPED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Names are what people typed. */
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPED[character] ?? character)
