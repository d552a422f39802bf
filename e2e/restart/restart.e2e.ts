import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { customer, isOpen, OFFSET, PlatformCommand } from './platform-command.ts'

/** Five seconds are promised on a machine that is not busy with other tests. */
const STOP_LIMIT_MS = 30_000

let command: PlatformCommand
beforeAll(() => {
  command = new PlatformCommand()
})
afterAll(() => command.close())

describe('a platform that is stopped and started again', () => {
  let walletId: string

  it('stops at SIGTERM, in the middle of a deposit, and leaves no port open', async () => {
    const run = command.start()
    await run.ready
    const ada = await customer()
    walletId = await ada.openWallet('USD', 'Travel')
    await ada.deposit(walletId, '100.00', 'USD')
    await ada.api.request('mutation ($input: DepositInput!) { deposit(input: $input) { id } }', {
      input: { idempotencyKey: 'unfinished', walletId, amount: { amount: '11.00', currency: 'USD' } },
    })
    await ada.api.close()
    const { code, tookMs } = await command.stop(run, 'SIGTERM')
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(STOP_LIMIT_MS)
    for (const port of [4000, 5432, 8001, 8003, 9444]) expect(await isOpen(port + OFFSET)).toBe(false)
  })

  it('has kept what there was, and finishes what was not finished', async () => {
    const run = command.start()
    await run.ready
    const ada = await customer()
    await expect
      .poll(async () => (await ada.balance(walletId))?.available.amount, { timeout: 30_000, interval: 100 })
      .toBe('111.00')
    await ada.api.close()
  })

  it('lets no second one start beside it, and says so in one sentence', async () => {
    const second = command.start()
    expect(await second.ended).toBe(1)
    expect(second.output().trim().split('\n')).toHaveLength(1)
    expect(second.output()).toMatch(/already running on .* \(process \d+\)\. Remedy: /)
    const [first] = command.running
    expect(first?.child.pid).toBe(Number(readFileSync(join(command.dataDirectory, 'run', 'platform.pid'), 'utf8')))
  })

  it('is killed, and the next one finds its database left behind and goes on', async () => {
    const [first] = command.running
    if (!first) throw new Error('there is none running')
    await command.stop(first, 'SIGKILL')
    expect(await isOpen(5432 + OFFSET)).toBe(true)
    const run = command.start()
    await run.ready
    const ada = await customer()
    expect((await ada.balance(walletId))?.available.amount).toBe('111.00')
    await ada.api.close()
    expect((await command.stop(run, 'SIGINT')).code).toBe(0)
  })

  it('begins anew with --reset', async () => {
    const run = command.start('--reset')
    await run.ready
    const ada = await customer()
    expect(await ada.balance(walletId)).toBeNull()
    await ada.api.close()
    expect((await command.stop(run, 'SIGTERM')).code).toBe(0)
    expect(existsSync(join(command.dataDirectory, 'run', 'platform.pid'))).toBe(false)
  })
})
