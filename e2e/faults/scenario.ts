import { randomUUID } from 'node:crypto'
import { CustomerJourney } from '@corridor/embedded'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from 'vitest'
import { Books } from './checks.ts'
import { FaultPlatform, type FaultPlatformOptions } from './fault-platform.ts'
import { Load, type Route } from './load.ts'
import { raisePace } from './raise-pace.ts'

/** A case lasts as long as a fault, and then until everything has come to rest. */
export const CASE_TIMEOUT_MS = 600_000
const START_TIMEOUT_MS = 400_000

/** What the tests of one file have in common: a platform, its books, and customers who pay each other. */
export interface Scenario {
  readonly platform: FaultPlatform
  readonly books: Books
  /** Payments in both directions, until the test ends, however it ends: what goes on would spoil the checks of the next. */
  underLoad(): Load
  /** The wallets in US dollars that the load moves money between. */
  readonly usdWallets: readonly string[]
  /** Sends so many US dollars; answers the payment's id. */
  send(amount: string): Promise<string>
  /** Opens one more wallet; answers its id. */
  openWallet(): Promise<string>
  /** Ends the load, waits until nothing is under way any more, and checks that nothing was lost or done twice. */
  checkEverything(load: Load): Promise<void>
}

/** Registers a platform for the tests of this file; the answer may be used inside of them. */
export function withFaultPlatform(options: FaultPlatformOptions = {}): Scenario {
  let platform: FaultPlatform
  let books: Books
  let wallets: Wallets[]
  let routes: Route[]

  beforeAll(async () => {
    platform = await FaultPlatform.start(options)
    books = new Books(platform)
    await raisePace(await platform.signIn('admin'))
    wallets = await Promise.all(['customer1', 'customer2'].map((name) => openWallets(platform, name)))
  }, START_TIMEOUT_MS)
  afterAll(async () => {
    await books?.close()
    await platform?.stop()
  })
  // With tokens that outlast a case.
  beforeEach(async () => {
    routes = await routesBetween(platform, wallets)
  })

  return {
    get platform() {
      return platform
    },
    get books() {
      return books
    },
    underLoad() {
      const load = new Load(routes)
      onTestFinished(() => load.stop())
      return load
    },
    get usdWallets() {
      return wallets.map(({ usd }) => usd)
    },
    async send(amount) {
      const [route] = routes
      if (!route) throw new Error('there is a route')
      const { client, fromWalletId, toWalletId, currency } = route
      const input = { idempotencyKey: randomUUID(), fromWalletId, toWalletId, debit: { amount, currency } }
      return (await new CustomerJourney(client).send(input)).id
    },
    async openWallet() {
      return await new CustomerJourney(await platform.signIn('customer1')).openWallet('USD', 'Faults')
    },
    async checkEverything(load) {
      await load.stop()
      await platform.ready()
      const startedMs = performance.now()
      await books.rested()
      const restedMs = performance.now() - startedMs
      expect(load.refusals, platform.bugs.join('\n')).toEqual([])
      expect(load.sent.length).toBeGreaterThan(0)
      await books.checkAll(load.sent)
      const rested = `at rest after ${(restedMs / 1_000).toFixed(1)} s`
      process.stdout.write(`  ${load.sent.length} payments taken, ${load.failures} attempts made again, ${rested}\n`)
    },
  }
}

interface Wallets {
  readonly username: string
  readonly usd: string
  readonly eur: string
}

async function openWallets(platform: FaultPlatform, username: string): Promise<Wallets> {
  const customer = new CustomerJourney(await platform.signIn(username))
  const usd = await customer.openWallet('USD', 'Faults')
  const eur = await customer.openWallet('EUR', 'Faults')
  await customer.deposit(usd, '900.00', 'USD')
  await customer.deposit(eur, '500.00', 'EUR')
  return { username, usd, eur }
}

/** Within a currency and across, in both directions. */
async function routesBetween(platform: FaultPlatform, wallets: readonly Wallets[]): Promise<Route[]> {
  const routes = wallets.map(async (own, index) => {
    const other = wallets[1 - index]
    if (!other) throw new Error('there are two customers')
    const client = await platform.signIn(own.username)
    return [
      { client, fromWalletId: own.usd, toWalletId: other.usd, currency: 'USD' },
      { client, fromWalletId: own.eur, toWalletId: other.usd, currency: 'EUR' },
    ]
  })
  return (await Promise.all(routes)).flat()
}
