import { setTimeout as delay } from 'node:timers/promises'
import { CustomerJourney } from '@corridor/embedded'
import { expect, it } from 'vitest'
import { raiseLimits } from '../journey/raise-limits.ts'
import { connections, type Footprint, footprints, INSPECTED, MEASURES } from './footprint.ts'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

const MINUTES = Number(process.env.SOAK_MINUTES ?? 20)
const SOAK_MS = MINUTES * 60_000
const SAMPLE_MS = 10_000
/** Of the second quarter's level the last one's may be so much. The first quarter is left out: everything is filled then. */
const MAX_GROWTH = 1.15
/** And by so much more, where it is little. */
const ALLOWANCE = { memoryMib: 8, heapMib: 2, handles: 5, connections: 3 }
const FUNDS = '40000.00'

process.env.NODE_OPTIONS = INSPECTED // Which parts are given.
const scenario = withFaultPlatform()

it(
  `takes no more memory, handles and connections after ${MINUTES} minutes of payments than after half of them`,
  async () => {
    await Promise.all(['customer1', 'customer2'].map(fund))
    const load = scenario.underLoad()
    const samples: { readonly parts: ReadonlyMap<string, Footprint>; readonly connections: number }[] = []
    for (const until = performance.now() + SOAK_MS; performance.now() < until; await delay(SAMPLE_MS)) {
      const { platform } = scenario
      samples.push({ parts: await footprints(platform), connections: await connections(platform) })
    }
    const names = [...new Set(samples.flatMap(({ parts }) => [...parts.keys()]))]
    const levels = names.flatMap((name) =>
      MEASURES.map((measure) => {
        const values = samples.flatMap(({ parts }) => parts.get(name)?.[measure] ?? [])
        return levelOf(`${name} ${measure}`, values, ALLOWANCE[measure])
      }),
    )
    const connected = samples.map((sample) => sample.connections)
    const all = [...levels, levelOf('PostgreSQL connections', connected, ALLOWANCE.connections)]
    print(all, samples.length)
    await scenario.checkEverything(load)
    expect(all.filter(({ samples: taken }) => taken !== samples.length)).toEqual([]) // No process was started anew.
    expect(all.filter(({ growing }) => growing)).toEqual([])
  },
  SOAK_MS + CASE_TIMEOUT_MS,
)

/** The median of a value in the second quarter of the time and in the last, and whether that is growth. */
function levelOf(name: string, values: readonly number[], allowance: number) {
  const quarter = Math.floor(values.length / 4)
  const early = medianOf(values.slice(quarter, 2 * quarter))
  const late = medianOf(values.slice(3 * quarter))
  // What could not be measured is no number, and is not level.
  return { name, samples: values.length, early, late, growing: !(late <= early * MAX_GROWTH + allowance) }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function print(levels: readonly ReturnType<typeof levelOf>[], samples: number): void {
  const lines = levels.map(
    ({ name, early, late, growing }) =>
      `  ${name.padEnd(44)} ${early.toFixed(1).padStart(8)} ${late.toFixed(1).padStart(8)}${growing ? '  grows' : ''}\n`,
  )
  process.stdout.write(`  ${samples} samples; levels of the second and of the last quarter\n${lines.join('')}`)
}

/** As much as the load spends, to somebody who may have it. */
async function fund(username: string): Promise<void> {
  const { platform } = scenario
  const ops = await platform.signIn('ops')
  const customer = new CustomerJourney(await platform.signIn(username))
  await raiseLimits(customer, ops)
  const { myWallets } = await customer.api.request<{ myWallets: { id: string; currency: string }[] }>(
    '{ myWallets { id currency } }',
  )
  for (const { id, currency } of myWallets) await customer.deposit(id, FUNDS, currency)
}
