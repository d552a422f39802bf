import { FREE_PORTS, startPlatform } from '@corridor/embedded'
import { silentLogger } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestPlatform, testPlatform } from '../journey/platform.ts'
import { Journeys } from './journeys.ts'
import { Processors } from './processors.ts'

/** `CRASH_POINTS=all` kills at every point of every step; else where most is under way. */
const ALL = process.env.CRASH_POINTS === 'all'
const TIMEOUT_MS = 300_000

let running: TestPlatform
let processors: Processors
let journeys: Journeys

beforeAll(async () => {
  running = await testPlatform((dataDirectory) =>
    startPlatform({ dataDirectory, ports: FREE_PORTS, logger: silentLogger, movesPayments: false }),
  )
  processors = new Processors(running.platform, running.dataDirectory)
  journeys = await Journeys.open(running)
  const first = await processors.begin()
  await journeys.fund()
  await first.kill()
})
afterAll(async () => {
  await processors?.close()
  await journeys?.close()
  await running?.stop()
})

/** One processor after another dies at these points; after a commit there is another step to do. */
async function dieAt(points: readonly string[], also: readonly string[] = []): Promise<void> {
  for (const point of ALL ? [...points, ...also] : points) await processors.dieAt(point)
}
const around = (call: string): string[] => [`${call}:before`, `${call}:after`]

async function finish(): Promise<void> {
  const last = await processors.begin()
  await journeys.atRest()
  await last.kill()
}

describe('a processor that is killed at every step of every journey', () => {
  it(
    'leaves each payment in its one right state, with its postings and its events once',
    async () => {
      const sent = await journeys.sendAll()
      await dieAt(
        ['lease:after', 'paymentBeneficiaries:middle', 'pricePayments:middle', 'decide:middle'],
        ['lease:before', ...['paymentBeneficiaries', 'pricePayments', 'decide'].flatMap(around), 'postJournals:before'],
      )
      await journeys.cancel(sent.cancelled)
      await dieAt(['retireJournals:middle'], around('retireJournals'))
      await dieAt(['postJournals:middle'], ['postJournals:after'])
      await journeys.cancel(sent.cancelledTooLate)
      await dieAt(['commit:middle'], ['commit:before'])
      await processors.dieAt('commit:after')

      await journeys.review(sent)
      await journeys.refund(sent.transfer)
      await journeys.refund(sent.conversion)
      await dieAt(['payoutDetails:middle'], [...around('payoutDetails'), ...around('provider')])
      await dieAt(['provider:middle', 'postJournals:middle'], around('postJournals'))
      await dieAt(['commit:middle'], around('commit'))
      await finish()

      await journeys.refund(sent.deposit)
      await dieAt(['postJournals:middle'], [...around('postJournals'), 'commit:before', 'commit:middle'])
      await processors.dieAt('commit:after')
      await dieAt(
        ['provider:middle', 'commit:middle'],
        ['commit:before', 'postJournals:middle', ...around('postJournals')],
      )
      await finish()

      expect(await journeys.states(sent)).toEqual({
        transfer: 'REFUNDED',
        conversion: 'REFUNDED',
        deposit: 'REFUNDED',
        failedDeposit: 'FAILED',
        withdrawal: 'COMPLETED',
        failedWithdrawal: 'FAILED',
        payout: 'COMPLETED',
        approved: 'COMPLETED',
        refused: 'DECLINED',
        cancelled: 'CANCELLED',
        cancelledTooLate: 'COMPLETED',
        scheduled: 'COMPLETED',
      })
      await journeys.checkBooks()
    },
    TIMEOUT_MS,
  )
})

/** Brings a payment to its state, and answers that. */
async function ending(id: string): Promise<string | undefined> {
  await finish()
  return (await journeys.states({ it: id })).it
}

describe('what somebody does between a step and its commit', () => {
  it.each([
    { delivery: 'WALLET', point: 'postJournals:after', ends: 'COMPLETED' },
    { delivery: 'BANK', point: 'postJournals:after', ends: 'FAILED' },
    { delivery: 'BANK', point: 'asking:before', ends: 'FAILED' },
    { delivery: 'BANK', point: 'asking:after', ends: 'COMPLETED' },
    { delivery: 'BANK', point: 'provider:middle', ends: 'COMPLETED' },
  ] as const)(
    'removes a beneficiary ($delivery) at $point: the payment ends $ends, with its postings',
    async ({ delivery, point, ends }) => {
      const { id, remove } = await journeys.sendTo(delivery)
      await processors.dieAt(point)
      await remove()
      expect(await ending(id)).toBe(ends)
      await journeys.checkBooks()
    },
    TIMEOUT_MS,
  )

  it(
    'approves a review that has expired: it comes too late, and what was held is given back',
    async () => {
      const id = await journeys.sendForReview()
      await finish()
      await journeys.expire(id)
      await processors.dieAt('postJournals:after')
      expect(await journeys.refusalOfApproval(id)).toEqual(['CONFLICT'])
      expect(await ending(id)).toBe('FAILED')
      await journeys.checkBooks()
    },
    TIMEOUT_MS,
  )

  it(
    'returns a payout twice: it comes back once, and the rest lies in suspense',
    async () => {
      const { id } = await journeys.sendTo('BANK')
      await finish()
      const told = { paymentId: id, outcome: 'RETURNED', amountMinor: '700', currency: 'USD' }
      await processors.callBack('first', told)
      await processors.dieAt('postJournals:after')
      await processors.callBack('second', told)
      await processors.dieAt('commit:middle')
      expect(await ending(id)).toBe('REFUNDED')
      await processors.callBack('third', told)
      await finish()
      expect(await journeys.itemsOf(id)).toEqual([{ kind: 'OTHER_AMOUNT' }, { kind: 'OTHER_AMOUNT' }])
      await journeys.checkBooks()
    },
    TIMEOUT_MS,
  )
})

describe('a processor that sleeps past its lease', () => {
  it.each([
    { point: 'postJournals:before', ends: 'CANCELLED' },
    { point: 'postJournals:after', ends: 'COMPLETED' },
    { point: 'commit:before', ends: 'COMPLETED' },
  ])(
    'at $point can post and change nothing when it wakes',
    async ({ point, ends }) => {
      const sent = await journeys.sendTwo()
      const sleeper = await processors.begin(point, 'SIGSTOP')
      await sleeper.hasPassed(point)
      await expect.poll(() => sleeper.sleeps).toBe(true)
      const passed = sleeper.passed.length
      await journeys.cancel(sent.cancelled)
      const other = await processors.begin()
      await journeys.atRest()
      expect(await journeys.states(sent)).toEqual({ cancelled: ends, kept: 'COMPLETED' })
      const decided = await journeys.everything()

      sleeper.wake()
      await sleeper.hasPassed('commit:after', passed)
      expect(await journeys.everything()).toEqual(decided)
      await sleeper.kill()
      await journeys.placed()
      await other.kill()
      await journeys.checkBooks()
    },
    TIMEOUT_MS,
  )
})
