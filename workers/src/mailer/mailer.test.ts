import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeliveredEvent, EventData } from '@corridor/events'
import { ConfigError, createPool, Fault, type Pool, silentLogger } from '@corridor/platform'
import {
  listMailsGivenUp,
  PostponedMails,
  type PostponedMailsOptions,
  profileMigrations,
  resendMails,
} from '@corridor/profile'
import type { ServiceClient } from '@corridor/subgraph'
import { createTestDatabase, type TestDatabase } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { mailEnvironment, readMailSettings } from './mail-settings.ts'
import {
  fileTransport,
  type Mail,
  MailPutOff,
  MailRefused,
  type MailTransport,
  smtpTransport,
} from './mail-transport.ts'
import { createMailer } from './mailer.ts'
import { writeMail } from './templates.ts'

const FROM = 'Corridor <no-reply@corridor.example>'
const PAYMENT = '0199aaaa-0000-7000-8000-000000000001'
const mail: Mail = { id: 'event.completed', to: 'ada@example.org', subject: 'Hello', text: 'text', html: '<p>html</p>' }

const eventOf = (type: string, data: EventData): DeliveredEvent => ({
  id: '0199aaaa-0000-7000-8000-00000000000e',
  topic: 'payment.events',
  key: PAYMENT,
  type,
  data,
  occurredAt: new Date(),
  traceparent: null,
})

const WAIT = { timeout: 40_000, interval: 20 }

let database: TestDatabase
let pool: Pool
beforeAll(async () => {
  database = await createTestDatabase({ migrationsDirectory: profileMigrations })
  pool = createPool({ url: database.applicationUrl, service: 'test' })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** The ids of mails that wait. */
async function waiting(): Promise<readonly string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select event_id || '.' || kind as id from postponed_mails where given_up_at is null`,
  )
  return rows.map(({ id }) => id)
}

interface Answers {
  readonly recipients?: Record<string, object>
  readonly verification?: object | null
  /** Keeps what it is given unless another one is named. */
  readonly transport?: MailTransport
  readonly delays?: Pick<PostponedMailsOptions, 'firstDelayMs' | 'maxAgeMs'>
}

/** The far side of the profile subgraph, and a transport. */
function mailer(answers: Answers) {
  const sent: Mail[] = []
  const asked: string[][] = []
  const profile: ServiceClient = {
    async request<Data>(document: string, variables: Record<string, unknown> = {}): Promise<Data> {
      const ids = (variables.ids ?? []) as string[]
      asked.push(ids)
      const data = document.includes('emailVerification')
        ? { emailVerification: answers.verification ?? null }
        : { mailRecipients: ids.map((id) => answers.recipients?.[id] ?? null) }
      return data as Data // What the subgraph's schema says.
    },
    close: async () => undefined,
  }
  const keeping: MailTransport = { send: async (one) => void sent.push(one), close: async () => undefined }
  const { transport = keeping, delays } = answers
  const postponed = new PostponedMails({ databaseUrl: database.applicationUrl, service: 'test', ...delays })
  const logger = silentLogger
  const made = createMailer({ profile, transport, postponed, operationsAddress: 'ops@example.org', logger, pollMs: 20 })
  onTestFinished(async () => {
    await made.stop()
    await postponed.close()
  })
  return { sent, asked, made, mailer: made.consumer }
}

const ADA = { email: 'ada@example.org', givenName: 'Ada', locale: 'en-US' }
const RAVI = { email: 'ravi@example.org', givenName: 'Ravi', locale: 'de' }

describe('the mailer', () => {
  it('tells payer and payee that a payment has arrived, each in his language', async () => {
    const { sent, mailer: consumer } = mailer({ recipients: { ada: ADA, ravi: RAVI } })
    await consumer.handle(eventOf('payment.completed', { payer: 'ada', payee: 'ravi' }))
    expect(sent.map(({ id, to, subject }) => [id, to, subject])).toEqual([
      ['0199aaaa-0000-7000-8000-00000000000e.completed', 'ada@example.org', 'Your payment has arrived'],
      ['0199aaaa-0000-7000-8000-00000000000e.received', 'ravi@example.org', 'Sie haben eine Zahlung erhalten'],
    ])
    expect(sent[0]?.text).toContain(`Hello Ada,\n\nYour payment ${PAYMENT} has arrived.`)
  })

  it('tells nobody twice: who pays himself, has no address, or nobody at all', async () => {
    const { sent, mailer: consumer } = mailer({ recipients: { ada: ADA } })
    await consumer.handle(eventOf('payment.completed', { payer: 'ada', payee: 'ada' }))
    await consumer.handle(eventOf('payment.completed', { payer: 'erased', payee: null }))
    await consumer.handle(eventOf('payment.pending', { payer: 'ada', payee: 'ada' }))
    expect(sent.map(({ id }) => id)).toEqual(['0199aaaa-0000-7000-8000-00000000000e.completed'])
  })

  it('asks once for the recipients of all events that come together', async () => {
    const { sent, asked, mailer: consumer } = mailer({ recipients: { ada: ADA, ravi: RAVI } })
    const events = ['ada', 'ravi', 'ada'].map((payer) => eventOf('payment.declined', { payer, payee: null }))
    await Promise.all(events.map((event) => consumer.handle(event)))
    expect(asked).toEqual([['ada', 'ravi']])
    expect(sent.map(({ to }) => to)).toEqual(['ada@example.org', 'ravi@example.org', 'ada@example.org'])
  })

  it('tells the payer of a payment that was declined, and operators of one that waits for them', async () => {
    const { sent, mailer: consumer } = mailer({ recipients: { ada: ADA } })
    await consumer.handle(eventOf('payment.declined', { payer: 'ada', payee: null }))
    await consumer.handle(eventOf('payment.in_review', { payer: 'ada', payee: null }))
    expect(sent.map(({ to, subject }) => [to, subject])).toEqual([
      ['ada@example.org', 'Your payment was declined'],
      ['ops@example.org', 'A payment waits for review'],
    ])
  })

  it('sends the one mail though the other is refused, and once, however often the event comes again', async () => {
    const arrived: string[] = []
    const send = vi.fn(async ({ to }: Mail) => {
      if (to === ADA.email) throw new MailRefused(550)
      arrived.push(to)
    })
    const transport = { send, close: async () => undefined }
    const { mailer: consumer } = mailer({ recipients: { ada: ADA, ravi: RAVI }, transport })
    const paid = eventOf('payment.completed', { payer: 'ada', payee: 'ravi' })
    await expect(consumer.handle(paid)).rejects.toThrow(MailRefused)
    await expect(consumer.handle(paid)).rejects.toThrow(MailRefused)
    expect(arrived).toEqual([RAVI.email])
    expect(send).toHaveBeenCalledTimes(3)
    send.mockRejectedValueOnce(new Fault('SERVICE_UNAVAILABLE', 'away'))
    await expect(consumer.handle(paid)).rejects.toThrow(Fault)
  })

  it('sends a code to the address that it is for, and nothing once it holds no longer', async () => {
    const event = eventOf('profile.email_verification_requested', { verificationId: 'v' })
    const valid = mailer({ verification: { ...RAVI, code: '123456' } })
    await valid.mailer.handle(event)
    expect(valid.sent).toMatchObject([{ to: 'ravi@example.org', subject: 'Ihr Code für Corridor' }])
    expect(valid.sent[0]?.text).toContain('123456')
    const used = mailer({ verification: null })
    await used.mailer.handle(event)
    expect(used.sent).toEqual([])
  })
})

describe('a mail that is put off', () => {
  const event = (): DeliveredEvent => ({
    ...eventOf('payment.completed', { payer: 'ada', payee: 'ravi' }),
    id: randomUUID(),
  })
  const recipients = { ada: ADA, ravi: RAVI }

  /** Puts mails to Ada off so often; answers what has arrived. */
  function puttingOff(times: number): MailTransport & { readonly arrived: string[]; readonly asked: string[] } {
    const [arrived, asked]: [string[], string[]] = [[], []]
    return {
      arrived,
      asked,
      async send({ id, to }) {
        if (to === ADA.email) asked.push(id)
        if (to === ADA.email && asked.length <= times) throw new MailPutOff(450)
        arrived.push(id)
      },
      close: async () => undefined,
    }
  }

  it('holds up nobody else, and arrives under its own id when its server takes it', async () => {
    const transport = puttingOff(3)
    const { made, mailer: consumer } = mailer({ recipients, transport, delays: { firstDelayMs: 1 } })
    const paid = event()
    await consumer.handle(paid)
    expect(transport.arrived).toEqual([`${paid.id}.received`])
    expect(await waiting()).toEqual([`${paid.id}.completed`])
    made.start()
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), WAIT)
    expect(transport.arrived).toEqual([`${paid.id}.received`, `${paid.id}.completed`])
    expect(transport.asked).toHaveLength(4)
  })

  it('waits until it is due, however often its event comes again', async () => {
    const transport = puttingOff(Number.POSITIVE_INFINITY)
    const { mailer: consumer } = mailer({ recipients, transport })
    const paid = event()
    await consumer.handle(paid)
    await consumer.handle(paid)
    expect(await waiting()).toEqual([`${paid.id}.completed`])
    const kept = 'select attempts, due_at > first_refused_at as later from postponed_mails'
    expect((await pool.query(kept)).rows).toEqual([{ attempts: 1, later: true }])
    await pool.query('delete from postponed_mails')
  })

  it('is given up when its server has put it off for too long, and sent under the same id when somebody wants it', async () => {
    const transport = puttingOff(2)
    const { made, mailer: consumer } = mailer({ recipients, transport, delays: { firstDelayMs: 1, maxAgeMs: 0 } })
    const paid = event()
    const id = `${paid.id}.completed`
    await consumer.handle(paid)
    made.start()
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), WAIT)
    expect(transport.asked).toEqual([id, id])
    expect(await listMailsGivenUp(pool, 10)).toMatchObject([
      { id, key: PAYMENT, attempts: 2, reason: 'The server puts the mail off (450).' },
    ])
    expect(await resendMails(pool, `${paid.id}.received`)).toBe(0)
    expect(await resendMails(pool, id)).toBe(1)
    await vi.waitFor(() => expect(transport.arrived).toContain(id), WAIT)
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), WAIT)
    expect(await listMailsGivenUp(pool, 10)).toEqual([])
  })

  it('that was given up is forgotten after a month', async () => {
    const { made, mailer: consumer } = mailer({ recipients, transport: puttingOff(Number.POSITIVE_INFINITY) })
    const [old, recent] = [event(), event()]
    for (const paid of [old, recent]) await consumer.handle(paid)
    const giveUp = `update postponed_mails set due_at = 'infinity', reason = '', given_up_at = now() - $2 * interval '1 day'
                    where event_id = $1`
    await pool.query(giveUp, [old.id, 31])
    await pool.query(giveUp, [recent.id, 29])
    made.start()
    await vi.waitFor(
      async () => expect(await listMailsGivenUp(pool, 10)).toMatchObject([{ id: `${recent.id}.completed` }]),
      WAIT,
    )
    expect(await resendMails(pool, null)).toBe(1)
    await pool.query('delete from postponed_mails')
  })

  it('is kept when what is asked for it fails, as long as it is put off at all', async () => {
    const transport = puttingOff(1)
    const { made, mailer: consumer } = mailer({ recipients, transport, delays: { firstDelayMs: 1 } })
    const paid = event()
    await consumer.handle(paid)
    const failing = new Fault('SERVICE_UNAVAILABLE', 'failed', { retryable: false })
    vi.spyOn(transport, 'send').mockRejectedValueOnce(failing)
    made.start()
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), WAIT)
    expect(transport.arrived).toContain(`${paid.id}.completed`)
  })

  it('is kept while the mail server is away', async () => {
    const transport = puttingOff(1)
    const { made, mailer: consumer } = mailer({ recipients, transport, delays: { firstDelayMs: 1, maxAgeMs: 0 } })
    const paid = event()
    await consumer.handle(paid)
    const send = vi.spyOn(transport, 'send').mockRejectedValueOnce(new Fault('SERVICE_UNAVAILABLE', 'away'))
    made.start()
    await vi.waitFor(() => expect(transport.arrived).toContain(`${paid.id}.completed`), WAIT)
    expect(send).toHaveBeenCalledTimes(2)
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), WAIT)
  })
})

describe('a mail', () => {
  it('says the same as text and as HTML, with what people typed made harmless', () => {
    const written = writeMail('completed', 'fr', { givenName: '<b>"A&B"</b>', subject: PAYMENT })
    expect(written.text).toContain('Hello <b>"A&B"</b>,')
    expect(written.html).toContain('Hello &lt;b&gt;&quot;A&amp;B&quot;&lt;/b&gt;,')
    expect(written.html).toContain(PAYMENT)
  })

  it('is kept as one file, however often it is sent', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'corridor-mail-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const transport = fileTransport(folder, FROM)
    await transport.send(mail)
    await transport.send(mail)
    expect(readdirSync(folder)).toEqual(['event.completed.eml'])
    const written = readFileSync(join(folder, 'event.completed.eml'), 'utf8')
    for (const part of ['Message-ID: <event.completed@corridor>', 'To: ada@example.org', 'text/plain', 'text/html']) {
      expect(written).toContain(part)
    }
  })

  it('goes by SMTP under its own id', async () => {
    const { port, received } = await smtpServer({})
    const transport = smtpTransport({ host: '127.0.0.1', port, secure: false }, FROM)
    await transport.send(mail)
    expect(received()).toContain('RCPT TO:<ada@example.org>')
    expect(received()).toContain('Message-ID: <event.completed@corridor>')
  })

  it.each([
    ['that is away', null],
    ['that has no room now', { MAIL: '452 insufficient storage' }],
    ['that does not know us', { MAIL: '530 authentication required' }],
  ])('waits for a server %s', async (_name, replies) => {
    const { port } = replies === null ? { port: 1 } : await smtpServer(replies)
    const transport = smtpTransport({ host: '127.0.0.1', port, secure: false }, FROM)
    const sent = transport.send(mail)
    await expect(sent).rejects.toThrow(Fault)
    await expect(sent).rejects.toMatchObject({ retryable: true })
  })

  it('that the server refuses for good is given up by its consumer, not waited for', async () => {
    const { port } = await smtpServer({ RCPT: '550 no such user' })
    const sent = smtpTransport({ host: '127.0.0.1', port, secure: false }, FROM).send(mail)
    await expect(sent).rejects.toThrow(MailRefused)
    await expect(sent).rejects.toThrow(/550/)
  })

  it.each([
    ['whose mailbox is full', { RCPT: '452 4.2.2 mailbox of ada@example.org is full' }],
    ['whose server does not know us yet', { DATA: '451 4.7.1 greylisted' }],
  ])('is put off for a recipient %s, without his address in what is said', async (_name, replies) => {
    const { port } = await smtpServer(replies)
    const sent = smtpTransport({ host: '127.0.0.1', port, secure: false }, FROM).send(mail)
    await expect(sent).rejects.toThrow(MailPutOff)
    await expect(sent).rejects.not.toThrow(/ada/)
  })
})

describe('the settings of mail', () => {
  it('need a server or a folder, and pass on what is theirs alone', () => {
    expect(() => readMailSettings({})).toThrow(ConfigError)
    expect(readMailSettings({ MAIL_DIRECTORY: '/tmp' }).operationsAddress).toBe('operations@corridor.example')
    expect(mailEnvironment({ SMTP_HOST: 'mail', PATH: '/bin', SMTP_PORT: '' })).toEqual({ SMTP_HOST: 'mail' })
  })
})

/** The far side of SMTP (RFC 5321): takes every mail, but for the commands that it answers otherwise. */
async function smtpServer(replies: Readonly<Record<string, string>>): Promise<{ port: number; received(): string }> {
  let received = ''
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    let inData = false
    socket.write('220 test\r\n')
    socket.on('data', (chunk) => {
      received += chunk
      const command = chunk.toString().slice(0, 4).trim().toUpperCase()
      if (inData && !chunk.toString().endsWith('\r\n.\r\n')) return
      const asksForData = !inData && command === 'DATA' && replies.DATA === undefined
      socket.write(asksForData ? '354 go on\r\n' : `${replies[command] ?? '250 ok'}\r\n`)
      inData = asksForData
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on a port')
  return { port: address.port, received: () => received }
}
