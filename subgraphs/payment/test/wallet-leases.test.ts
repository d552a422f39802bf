import { silentLogger, uuidv7 } from '@corridor/platform'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { WalletLeases } from '../src/processor/wallet-leases.ts'
import { TestPayments } from './platform.ts'

const LEASE_MS = 1_500
const RENEWALS_IN_A_LIFE = 3
const WAIT = { timeout: 30_000, interval: 20 }

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open()
  await tests.processor.stop()
  const [payer, payee] = [tests.customer(), tests.customer()]
  const input = {
    idempotencyKey: uuidv7(),
    fromWalletId: tests.wallet(payer.caller.subject ?? ''),
    toWalletId: tests.wallet(payee.caller.subject ?? ''),
    debit: { amount: '1.00', currency: 'USD' },
  }
  const send = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
  await tests.data(payer, send, { input })
})
afterAll(async () => {
  await tests.subgraph.close()
  await tests.database.drop()
})

/** Waits until what others held has expired. */
const taking = (leases: WalletLeases) =>
  vi.waitFor(async () => {
    const taken = await take(leases)
    expect(taken).toHaveLength(1)
    return taken
  }, WAIT)
const take = (leases: WalletLeases) =>
  leases.take(tests.subgraph.pool, { errand: 'IN_HOUSE', now: new Date(), limit: 10 })

it('keeps the wallets of a holder that is slow, and hands on those of one that has died', async () => {
  const { pool } = tests.subgraph
  const [slow, next] = [new WalletLeases(LEASE_MS), new WalletLeases(LEASE_MS)]
  const held = await take(slow)
  expect(held).toHaveLength(1)
  const ends = new Set<unknown>()
  await slow.keepWhile({ pool, leases: held, logger: silentLogger }, () =>
    vi.waitFor(async () => {
      const [lease] = await tests.rows('select expires_at::text as ends from wallet_leases')
      ends.add(lease?.ends)
      expect(await take(next)).toEqual([])
      expect(ends.size).toBeGreaterThan(RENEWALS_IN_A_LIFE)
    }, WAIT),
  )
  const [taken] = await taking(next)
  expect(taken?.fence).toBe((held[0]?.fence ?? 0n) + 1n)
  expect(await slow.giveUp(pool, held)).toEqual(new Set())
})

it('does not renew what was given up, so that whoever is next need not wait', async () => {
  const { pool } = tests.subgraph
  const first = new WalletLeases(LEASE_MS)
  const held = await taking(first)
  const queries = vi.spyOn(pool, 'query')
  await first.keepWhile({ pool, leases: held, logger: silentLogger }, async () => {
    expect((await first.giveUp(pool, held)).size).toBe(1)
    await vi.waitFor(
      () => expect(queries).toHaveBeenCalledWith(expect.objectContaining({ name: 'wallet-leases-renew' })),
      WAIT,
    )
  })
  expect(await tests.rows('select 1 from wallet_leases where expires_at > clock_timestamp()')).toEqual([])
})
