import { setTimeout as delay } from 'node:timers/promises'
import { CustomerJourney } from '@corridor/embedded'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Books } from './checks.ts'
import { FaultPlatform, PARTS, SERVERS, type Victim } from './fault-platform.ts'
import { Load, type Route } from './load.ts'
import { pick, randomFrom } from './random.ts'

const SEED = Number(process.env.FAULTS_SEED ?? 1)
const ROUNDS = Number(process.env.FAULTS_ROUNDS ?? 3)
/** By hand, with FAULTS_OUTAGES=true: they take their time. */
const OUTAGES =
  process.env.FAULTS_OUTAGES === 'true'
    ? ([
        { server: 'redis', awayMs: 10_000 },
        { server: 'postgresql', awayMs: 10_000 },
        { server: 'kafka', awayMs: 30_000 },
      ] as const)
    : []
const HANGS_MS = 5_000
const BEFORE_MS = 2_000
const AWAY_MS = 2_000
const AFTER_MS = 3_000
const ROUND_TIMEOUT_MS = 300_000

let platform: FaultPlatform
let books: Books
let wallets: { usd: string; eur: string }[]
let routes: Route[]

beforeAll(async () => {
  platform = await FaultPlatform.start()
  books = new Books(platform)
  const customers = [
    new CustomerJourney(await platform.signIn('customer1')),
    new CustomerJourney(await platform.signIn('customer2')),
  ]
  wallets = await Promise.all(
    customers.map(async (customer) => {
      const usd = await customer.openWallet('USD', 'Faults')
      const eur = await customer.openWallet('EUR', 'Faults')
      await customer.deposit(usd, '900.00', 'USD')
      await customer.deposit(eur, '500.00', 'EUR')
      return { usd, eur }
    }),
  )
}, 120_000)
afterAll(async () => {
  await books.close()
  await platform.stop()
})

/** Within a currency and across, in both directions; with tokens that outlast a round. */
beforeEach(async () => {
  const clients = [await platform.signIn('customer1'), await platform.signIn('customer2')]
  routes = clients.flatMap((client, index) => {
    const own = wallets[index]
    const other = wallets[1 - index]
    if (!own || !other) throw new Error('there are two customers')
    return [
      { client, fromWalletId: own.usd, toWalletId: other.usd, currency: 'USD' },
      { client, fromWalletId: own.eur, toWalletId: other.usd, currency: 'EUR' },
    ]
  })
})

/** Ends with its test, however that ends: what goes on would spoil the checks of the next. */
function underLoad(): Load {
  const load = new Load(routes)
  onTestFinished(() => load.stop())
  return load
}

async function checkEverything(load: Load): Promise<void> {
  await load.stop()
  await platform.ready()
  await books.rested()
  expect(load.refusals).toEqual([])
  expect(load.sent.length).toBeGreaterThan(0)
  await books.checkInvariants()
  await books.checkSent(load.sent)
  await books.checkEvents()
  await books.checkEffects()
  await books.checkDescribed()
  await books.checkMails()
  process.stdout.write(`  ${load.sent.length} payments taken, ${load.failures} attempts to be made again\n`)
}

describe(`with payments under way, and seed ${SEED}`, () => {
  const random = randomFrom(SEED)
  const rounds = Array.from({ length: ROUNDS }, (_, index) => {
    const victims = pick<Victim>(random, [...PARTS, ...SERVERS], random() < 0.5 ? 1 : 2)
    return { round: index + 1, victims }
  })

  it.each(rounds)(
    'loses nothing in round $round, when $victims are killed',
    async ({ victims }) => {
      const load = underLoad()
      await delay(BEFORE_MS + random() * BEFORE_MS)
      for (const victim of victims) platform.kill(victim)
      await delay(AWAY_MS)
      for (const victim of victims) await platform.bringBack(victim)
      await delay(AFTER_MS)
      await checkEverything(load)
    },
    ROUND_TIMEOUT_MS,
  )

  it.each(OUTAGES)(
    'loses nothing while $server is away for $awayMs ms',
    async ({ server, awayMs }) => {
      const load = underLoad()
      await delay(BEFORE_MS)
      platform.kill(server)
      await delay(awayMs)
      await platform.bringBack(server)
      await delay(AFTER_MS)
      await checkEverything(load)
    },
    ROUND_TIMEOUT_MS,
  )

  it.each(OUTAGES)(
    'loses nothing when $server hangs, and goes on as if nothing had been',
    async ({ server }) => {
      const load = underLoad()
      await delay(BEFORE_MS)
      platform.signal(server, 'SIGSTOP')
      await delay(HANGS_MS)
      platform.signal(server, 'SIGCONT')
      await delay(AFTER_MS)
      await checkEverything(load)
    },
    ROUND_TIMEOUT_MS,
  )

  it(
    'loses nothing, and refuses nothing for good, while every part is restarted in turn',
    async () => {
      const load = underLoad()
      for (const part of PARTS) await platform.restart(part)
      await checkEverything(load)
    },
    ROUND_TIMEOUT_MS,
  )
})
