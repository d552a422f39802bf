import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, inSpan } from '@corridor/platform'
import { SpanKind } from '@opentelemetry/api'
import { createTransport } from 'nodemailer'

/** A mail that is ready to go. The same id again is the same mail. */
export interface Mail {
  /** Stands in Message-ID. */
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** What the server says of this mail alone: not now, perhaps later. Its words may hold the address: only the code is told. */
export class MailPutOff extends Error {
  override readonly name = 'MailPutOff'
  constructor(code: number) {
    super(`The server puts the mail off (${code}).`)
  }
}

/** Never. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused'
  constructor(code: number) {
    super(`The server refuses the mail (${code}).`)
  }
}

export interface MailTransport {
  /** Throws `Fault`, retryable, when no mail can be sent now, `MailPutOff` when this one cannot, `MailRefused` when it never can. */
  send(mail: Mail): Promise<void>
  close(): Promise<void>
}

export interface SmtpSettings {
  readonly host: string
  readonly port: number
  /** TLS from the first byte; without it STARTTLS where the server offers it. */
  readonly secure: boolean
  readonly user?: string | undefined
  readonly password?: string | undefined
}

const TIMEOUT_MS = 10_000
const SEND = { service: 'mailer', name: 'send mail', kind: SpanKind.CLIENT }
const TEMPORARY = 400
const PERMANENT = 500
/** The server ends the conversation: that is about itself. */
const CLOSING = 421
/** Commands by which a server learns for whom a mail is, and which one. */
const ABOUT_MAIL = new Set(['RCPT TO', 'DATA'])
/** Codes that speak of the login, not of the mail. */
const LOGIN_CODES = new Set([530, 534, 535, 538])

/**
 * By SMTP (RFC 5321). What the server refuses for good (5xx) is about the mail, and so is what it refuses for now (4xx) once it
 * knows for whom it is: a full mailbox, a sender whom it does not know yet. All else is an outage.
 */
export function smtpTransport({ host, port, secure, user, password }: SmtpSettings, from: string): MailTransport {
  const transport = createTransport({
    host,
    port,
    secure,
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  })
  return {
    async send(mail) {
      try {
        await inSpan(SEND, () => transport.sendMail(messageOf(mail, from)))
      } catch (cause) {
        throw aboutMail(cause) ?? new Fault('SERVICE_UNAVAILABLE', 'The mail server takes no mail.', { cause })
      }
    },
    close: async () => transport.close(),
  }
}

/** Keeps mails as files that any mail program opens, named by their ids. */
export function fileTransport(folder: string, from: string): MailTransport {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' })
  return {
    send: (mail) =>
      inSpan(SEND, async () => {
        const { message } = await transport.sendMail(messageOf(mail, from))
        await mkdir(folder, { recursive: true })
        const beside = join(folder, `${mail.id}.new`)
        await writeFile(beside, message as Buffer) // What `buffer` asks for.
        await rename(beside, join(folder, `${mail.id}.eml`))
      }),
    close: async () => undefined,
  }
}

const messageOf = ({ id, ...mail }: Mail, from: string) => ({
  ...mail,
  from,
  messageId: `<${id}@corridor>`,
  headers: { 'Auto-Submitted': 'auto-generated' }, // RFC 3834: no machine is to answer.
})

/** What an answer of the server's says of the mail; null when it says nothing of it. */
function aboutMail(error: unknown): MailPutOff | MailRefused | null {
  if (!(error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number')) return null
  const code = error.responseCode
  if (code >= PERMANENT) return LOGIN_CODES.has(code) ? null : new MailRefused(code)
  const command = 'command' in error ? String(error.command) : ''
  return code >= TEMPORARY && code !== CLOSING && ABOUT_MAIL.has(command) ? new MailPutOff(code) : null
}
