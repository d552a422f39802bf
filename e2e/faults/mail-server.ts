import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort } from '@corridor/testing'
import { SMTPServer } from 'smtp-server'

/** A mail as it came. */
export interface Received {
  readonly to: string
  /** Its part for programs that show no HTML. */
  readonly text: string
}

/** What an SMTP server answers instead of 250 (RFC 5321, section 4.2.3). */
export interface Refusal {
  readonly code: number
  /** Whose mail is refused; absent: everybody's, before the recipient is named. */
  readonly recipient?: string
}

/** An SMTP server that keeps what it takes, by the id that Message-ID carries. */
export class MailServer {
  refusal: Refusal | null = null
  /** Mails that it refused. */
  refused = 0
  readonly received = new Map<string, Received[]>()
  private server: SMTPServer | null = null
  private folder: string | null = null

  private constructor(readonly port: number) {}

  static async start(): Promise<MailServer> {
    const mails = new MailServer(await freePort())
    await mails.start()
    return mails
  }

  /** On the port that it had. */
  async start(): Promise<void> {
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      logger: false,
      onMailFrom: (_, __, answer) => answer(this.refuses(null)),
      onRcptTo: ({ address }, _, answer) => answer(this.refuses(address)),
      onData: (stream, { envelope }, answer) => {
        text(stream).then((mail) => {
          this.keep(mail, envelope.rcptTo[0]?.address ?? '')
          answer()
        }, answer)
      },
    })
    server.on('error', () => undefined) // A client that leaves in the middle comes again.
    server.listen(this.port, '127.0.0.1')
    await once(server.server, 'listening')
    this.server = server
  }

  /** From then on connections are refused. */
  async stop(): Promise<void> {
    const { server } = this
    this.server = null
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  get isRunning(): boolean {
    return this.server !== null
  }

  /** Keeps each mail as a file too, those that came before as well. */
  keepIn(folder: string): void {
    mkdirSync(folder, { recursive: true })
    this.folder = folder
    for (const id of this.received.keys()) this.write(id)
  }

  private refuses(recipient: string | null): Error | null {
    const { refusal } = this
    if (refusal === null || (refusal.recipient ?? null) !== recipient) return null
    this.refused += 1
    return Object.assign(new Error('refused by the test'), { responseCode: refusal.code })
  }

  private keep(mail: string, to: string): void {
    const id = /^Message-ID:\s+<(.+)@corridor>/im.exec(mail)?.[1] ?? 'without an id'
    this.received.set(id, [...(this.received.get(id) ?? []), { to, text: plainTextOf(mail) }])
    this.write(id)
  }

  private write(id: string): void {
    if (this.folder !== null) writeFileSync(join(this.folder, `${id}.eml`), JSON.stringify(this.received.get(id)))
  }
}

/** Of a mail in two parts, text first (RFC 2046, section 5.1.4); quoted-printable is put together again. */
const plainTextOf = (mail: string): string =>
  (mail.split(/^Content-Type: text\/html/im)[0] ?? '')
    .replace(/^[\s\S]*?^Content-Type: text\/plain/im, '')
    .replace(/=\r?\n/g, '')
    .replace(/\r?\n--.*$/m, '')
