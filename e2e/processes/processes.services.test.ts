import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FREE_PORTS, startProcesses } from '@corridor/embedded'
import { silentLogger } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { describeJourney } from '../journey/journey-suite.ts'
import { testPlatform } from '../journey/platform.ts'
import { customer, isOpen, OFFSET, PlatformCommand } from '../restart/platform-command.ts'

const WAIT = { timeout: 60_000, interval: 50 }
/** Wallets that a killed processor had leased are another's when the lease ends, and the provider is asked after that. */
const TAKEN_OVER = { timeout: 100_000, interval: 100 }
/** Parts that were killed or are busy take their time until all of them answer within two seconds. */
const SETTLED = { timeout: 150_000, interval: 500 }
const PARTS = [
  ...['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet'],
  ...['forex-poller', 'payment-processor', 'ledger-sealer', 'reconciler', 'outbox-relay', 'risk-counters', 'router'],
]
/** Each platform has a Redis database of its own: what one keeps there, another would believe. */
const redisUrl = (database: number): string => `${inject('redisUrl')}/${database}`
const brokers = inject('kafkaBrokers')

describeJourney('in a process per part', () =>
  testPlatform((dataDirectory) =>
    startProcesses({
      dataDirectory,
      ports: FREE_PORTS,
      external: { redisUrl: redisUrl(2), kafka: { brokers, prefix: 'journey.' } },
      logger: silentLogger,
    }),
  ),
)

describe('a platform of processes', () => {
  let command: PlatformCommand
  beforeAll(() => {
    command = new PlatformCommand({
      REDIS_URL: redisUrl(3),
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC_PREFIX: 'processes.',
    })
  })
  afterAll(() => command.close())

  const runDirectory = (): string => join(command.dataDirectory, 'run')
  const pidOf = (part: string): number => Number(readFileSync(join(runDirectory(), `${part}.pid`), 'utf8'))
  const kill = (part: string): number => {
    const pid = pidOf(part)
    process.kill(pid, 'SIGKILL')
    return pid
  }
  const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`)
  let walletId: string

  it('has a process for each part, with its id in a file', async () => {
    await command.start('--processes').ready
    const pids = PARTS.map(pidOf)
    expect(new Set(pids).size).toBe(PARTS.length)
    expect(pids.filter(isRunning)).toEqual(pids)
  })

  it('starts a part again that was killed, and finishes what that part had begun', async () => {
    const ada = await customer()
    walletId = await ada.openWallet('USD', 'Travel')
    const input = { idempotencyKey: 'begun', walletId, amount: { amount: '11.00', currency: 'USD' } }
    await ada.api.request('mutation ($input: DepositInput!) { deposit(input: $input) { id } }', { input })
    const before = ['payment-processor', 'payment', 'ledger', 'outbox-relay'].map((part) => ({ part, pid: kill(part) }))
    for (const { part, pid } of before) {
      await vi.waitFor(() => expect(pidOf(part)).not.toBe(pid), WAIT)
    }
    await vi.waitFor(async () => expect((await ada.balance(walletId))?.available.amount).toBe('11.00'), TAKEN_OVER)
    await ada.api.close()
  })

  it('has delivered every event, parked none and given none up, as the operators see', async () => {
    const ops = (...args: string[]): string[] =>
      command
        .beside('packages/embedded/dist/ops/main.js', ...args)
        .trim()
        .split('\n')
    await vi.waitFor(() => {
      const lag = ops('lag', 'payment')
      expect(lag).toEqual(['payment: 0 waiting, the oldest for 0.0 s; 0 parked'])
    }, WAIT)
    expect(ops('parked', 'payment')).toEqual(['payment: 0 parked'])
    expect(ops('dead-letters', 'payment')).toEqual(['payment.events: 0 dead letters'])
  })

  it('shows every process in its status, with what each needs, and the lag of consumers', async () => {
    const { parts, figures } = await vi.waitFor(
      () =>
        JSON.parse(command.beside('packages/embedded/dist/status/main.js', '--json')) as {
          parts: { name: string; dependencies: { name: string }[] }[]
          figures: { name: string }[]
        }, // The shape that the next lines hold it to. While a part is not up it exits with another code, and this throws.
      SETTLED,
    )
    const services = PARTS.slice(0, 6).map((name) => `${name}-service`)
    expect(parts.map(({ name }) => name)).toEqual(expect.arrayContaining([...services, ...PARTS.slice(6)]))
    const sealer = parts.find(({ name }) => name === 'ledger-sealer')?.dependencies.map(({ name }) => name)
    expect(sealer).toEqual(expect.arrayContaining(['postgresql', 'redis', 'loop ledger-sealer']))
    expect(figures.map(({ name }) => name)).toContain('corridor.consumer.lag')
  })

  it('ends its parts when it is killed itself, and the next one goes on', async () => {
    const [first] = command.running
    if (!first) throw new Error('there is none running')
    const pids = PARTS.map(pidOf)
    await command.stop(first, 'SIGKILL')
    const run = command.start('--processes')
    await run.ready
    expect(pids.filter(isRunning)).toEqual([])
    const ada = await customer()
    expect((await ada.balance(walletId))?.available.amount).toBe('11.00')
    await ada.api.close()
  })

  it('stops every part at SIGTERM', async () => {
    const [run] = command.running
    if (!run) throw new Error('there is none running')
    const pids = PARTS.map(pidOf)
    expect((await command.stop(run, 'SIGTERM')).code).toBe(0)
    expect(pids.filter(isRunning)).toEqual([])
    expect(readdirSync(runDirectory()).filter((file) => file.endsWith('.pid'))).toEqual([])
    for (const port of [4000, 5432, 8001, 9444]) expect(await isOpen(port + OFFSET)).toBe(false)
  })
})
