import { randomUUID } from 'node:crypto'
import { CustomerJourney } from '@corridor/embedded'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { MailServer } from './mail-server.ts'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

const AWAY_MS = 20_000
/** What is refused eight times is given up. */
const SHOWN = { timeout: 150_000, interval: 500 }
const EMAIL = '{ me { id email } }'

const mails = await MailServer.start()
afterAll(() => mails.stop())
const scenario = withFaultPlatform({ external: { mail: { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(mails.port) } } })
beforeAll(() => mails.keepIn(scenario.platform.mailDirectory))

it(
  'makes payments to their end while the mail server refuses connections, and its mails come when it is back',
  async () => {
    const load = scenario.underLoad()
    await mails.stop()
    onTestFinished(async () => {
      if (!mails.isRunning) await mails.start()
    })
    const paid = await payWhile(AWAY_MS)
    expect(mailsAbout(paid)).toEqual([])
    await mails.start()
    await scenario.checkEverything(load)
    expectOneMailPerId()
  },
  CASE_TIMEOUT_MS,
)

it(
  'makes payments to their end while the mail server is not available (421), and its mails come when it is',
  async () => {
    const load = scenario.underLoad()
    refuse({ code: 421 })
    const paid = await payWhile(AWAY_MS)
    expect(mails.refused).toBeGreaterThan(0)
    expect(mailsAbout(paid)).toEqual([])
    mails.refusal = null
    await scenario.checkEverything(load)
    expectOneMailPerId()
  },
  CASE_TIMEOUT_MS,
)

it(
  'gives up the mail to one recipient whom the server refuses for good, sends all others, and that one when it is mended',
  async () => {
    const { platform } = scenario
    const stranger = await platform.signIn('customer3')
    const { me } = await stranger.request<{ me: { id: string; email: string } }>(EMAIL)
    const toWalletId = await new CustomerJourney(stranger).openWallet('USD', 'Faults')
    const load = scenario.underLoad()
    refuse({ code: 550, recipient: me.email })
    const [fromWalletId] = scenario.usdWallets
    const paid = await payTo({ fromWalletId, toWalletId })
    await vi.waitFor(async () => {
      const shown = await platform.ops('dead-letters', 'payment')
      expect(shown).toMatch('payment.events: 1 dead letters')
      expect(shown).toMatch(`key ${paid}, given up by mailer`)
    }, SHOWN)
    expect(mailsTo(me.email)).toEqual([])
    // Whoever else was to be told of it was told once, however often the other was tried.
    expect(mailsAbout(paid).map(([id, received]) => [kindOf(id), received.length])).toEqual([['completed', 1]])
    const after = await scenario.send('1.00')
    await vi.waitFor(
      () =>
        expect(
          mailsAbout(after)
            .map(([id]) => kindOf(id))
            .sort(),
        ).toEqual(BOTH),
      SHOWN,
    )
    mails.refusal = null
    expect(await platform.ops('dead-letters', 'replay', 'payment')).toMatch('payment.events: 1 sent again')
    await vi.waitFor(() => expect(mailsTo(me.email)).toHaveLength(1), SHOWN)
    await scenario.checkEverything(load)
    expectOneMailPerId()
  },
  CASE_TIMEOUT_MS,
)

const BOTH = ['completed', 'received']
const kindOf = (id: string): string => id.split('.').at(-1) ?? ''

function refuse(refusal: NonNullable<MailServer['refusal']>): void {
  mails.refused = 0
  mails.refusal = refusal
  onTestFinished(() => {
    mails.refusal = null
  })
}

const mailsTo = (address: string) => [...mails.received.values()].flat().filter(({ to }) => to === address)
const mailsAbout = (paymentId: string) => [...mails.received].filter(([, [first]]) => first?.text.includes(paymentId))

/** Under one id there is one mail, however often it came. */
function expectOneMailPerId(): void {
  for (const [id, received] of mails.received) {
    expect(new Set(received.map(({ to, text }) => `${to} ${text}`)).size, id).toBe(1)
  }
}

/** Makes payments to their end, one after the other; answers the last one's id. */
async function payWhile(forMs: number): Promise<string> {
  for (const until = performance.now() + forMs; ; ) {
    const id = await scenario.send('1.00')
    await vi.waitFor(async () => expect(await scenario.books.countedPayments()).toContain(id), SHOWN)
    if (performance.now() > until) return id
  }
}

async function payTo(wallets: { fromWalletId: string | undefined; toWalletId: string }): Promise<string> {
  const payer = new CustomerJourney(await scenario.platform.signIn('customer1'))
  const debit = { amount: '1.00', currency: 'USD' }
  return (await payer.send({ idempotencyKey: randomUUID(), debit, ...wallets })).id
}
