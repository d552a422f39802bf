import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@corridor/platform'
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

export interface MailTransport {
  /** Throws `Fault`, retryable, when no mail can be sent now; any other error is about this mail. */
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
const PERMANENT = 500
/** Codes that speak of the login, not of the mail. */
const LOGIN_CODES = new Set([530, 534, 535, 538])

/** By SMTP. What the server refuses for good (5xx) is about the mail; all else is an outage. */
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
        await transport.sendMail(messageOf(mail, from))
      } catch (cause) {
        if (isAboutMail(cause)) throw cause
        throw new Fault('SERVICE_UNAVAILABLE', 'The mail server takes no mail.', { cause })
      }
    },
    close: async () => transport.close(),
  }
}

/** Keeps mails as files that any mail program opens, named by their ids. */
export function fileTransport(folder: string, from: string): MailTransport {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' })
  return {
    async send(mail) {
      const { message } = await transport.sendMail(messageOf(mail, from))
      await mkdir(folder, { recursive: true })
      const beside = join(folder, `${mail.id}.new`)
      await writeFile(beside, message as Buffer) // What `buffer` asks for.
      await rename(beside, join(folder, `${mail.id}.eml`))
    },
    close: async () => undefined,
  }
}

const messageOf = ({ id, ...mail }: Mail, from: string) => ({
  ...mail,
  from,
  messageId: `<${id}@corridor>`,
  headers: { 'Auto-Submitted': 'auto-generated' }, // RFC 3834: no machine is to answer.
})

function isAboutMail(error: unknown): boolean {
  if (!(error instanceof Error) || !('responseCode' in error)) return false
  const { responseCode } = error
  return typeof responseCode === 'number' && responseCode >= PERMANENT && !LOGIN_CODES.has(responseCode)
}
