import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Decimal } from '@corridor/money'
import { startTestDynamo } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RateHistory } from '../src/index.ts'

const MAIN = fileURLToPath(new URL('../dist/commands/main.js', import.meta.url))
let dynamo: Awaited<ReturnType<typeof startTestDynamo>>
beforeAll(async () => {
  dynamo = await startTestDynamo()
})
afterAll(() => dynamo.close())

/** As a person would: what it prints, and whether it failed. */
async function rates(args: readonly string[], endpoint = dynamo.endpoint): Promise<{ ok: boolean; said: string }> {
  const env = { ...process.env, DYNAMODB_ENDPOINT: endpoint, AWS_MAX_ATTEMPTS: '1' }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env })
    return { ok: true, said: stdout.trim() }
  } catch (error) {
    return { ok: false, said: (error as { stderr: string }).stderr.trim() } // What execFile throws.
  }
}

describe('npm run rates', () => {
  it('makes the table, and makes candles again', async () => {
    const there = { ok: true, said: 'The table is there, and has the keys that it must have.' }
    expect(await rates(['table'])).toEqual(there)
    expect(await rates(['table'])).toEqual(there)
    const history = new RateHistory({ endpoint: dynamo.endpoint })
    const [observedAt, mid] = [new Date('2026-11-22T10:00:00.000Z'), Decimal.parse('83')]
    await history.record([{ pair: 'USDINR', bid: mid, mid, ask: mid, source: 'test', observedAt }])
    expect(await rates(['candles', 'USDINR', '2026-11-22', '2026-11-23'])).toEqual({
      ok: true,
      said: 'The candles of USDINR from 2026-11-22 to 2026-11-23 are what their ticks say.',
    })
    expect(await history.candles('USDINR', 'DAY', observedAt, new Date('2026-11-23T00:00:00.000Z'))).toHaveLength(1)
    history.close()
  })

  it('says what is wrong', async () => {
    const wrong: [string[], RegExp][] = [
      [[], /npm run rates -- table/],
      [['candles', 'USDUSD', '2026-11-22', '2026-11-22'], /USDUSD is not a pair/],
      [['candles', 'USDINR', '2026-11-22', 'soon'], /soon is no day/],
      [['candles', 'USDINR', '2026-11-22', '2026-11-21'], /2026-11-21 is before 2026-11-22/],
    ]
    for (const [args, message] of wrong)
      expect(await rates(args)).toEqual({ ok: false, said: expect.stringMatching(message) })
    expect(await rates(['table'], 'http://127.0.0.1:1')).toEqual({
      ok: false,
      said: expect.stringContaining('The history of rates cannot be reached.'),
    })
  })
})
