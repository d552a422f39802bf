import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeliveredEvent, EventData } from '@corridor/events'
import { ConfigError, Fault } from '@corridor/platform'
import type { ServiceClient } from '@corridor/subgraph'
import { describe, expect, it, onTestFinished } from 'vitest'
import { mailEnvironment, readMailSettings } from './mail-settings.ts'
import { fileTransport, type Mail, type MailTransport, smtpTransport } from './mail-transport.ts'
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

/** The far side of the profile subgraph, and a transport that keeps what it is given. */
function mailer(answers: { recipients?: Record<string, object>; verification?: object | null }) {
  const sent: Mail[] = []
  const profile: ServiceClient = {
    async request<Data>(document: string, variables: Record<string, unknown> = {}): Promise<Data> {
      const ids = (variables.ids ?? []) as string[]
      const data = document.includes('emailVerification')
        ? { emailVerification: answers.verification ?? null }
        : { mailRecipients: ids.map((id) => answers.recipients?.[id] ?? null) }
      return data as Data // What the subgraph's schema says.
    },
    close: async () => undefined,
  }
  const transport: MailTransport = { send: async (one) => void sent.push(one), close: async () => undefined }
  return { sent, mailer: createMailer({ profile, transport, operationsAddress: 'ops@example.org' }) }
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

  it('tells the payer of a payment that was declined, and operators of one that waits for them', async () => {
    const { sent, mailer: consumer } = mailer({ recipients: { ada: ADA } })
    await consumer.handle(eventOf('payment.declined', { payer: 'ada', payee: null }))
    await consumer.handle(eventOf('payment.in_review', { payer: 'ada', payee: null }))
    expect(sent.map(({ to, subject }) => [to, subject])).toEqual([
      ['ada@example.org', 'Your payment was declined'],
      ['ops@example.org', 'A payment waits for review'],
    ])
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
    await expect(sent).rejects.toThrow(/550/)
    await expect(sent).rejects.not.toThrow(Fault)
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
      if (!inData && command === 'DATA') socket.write('354 go on\r\n')
      else socket.write(`${replies[command] ?? '250 ok'}\r\n`)
      inData = !inData && command === 'DATA'
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
