/**
 * `npm run bench -- web`: the web app in Chromium on the embedded platform. From the click that sends money to "Completed"
 * on the screen, beside the same journey by the API alone; how much JavaScript the first page loads; and how long it takes
 * until one can work with it, beside an empty page of the same server in the same browser.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiClient, FREE_PORTS, fetchToken, type RunningPlatform, startPlatform } from '@corridor/embedded'
import { silentLogger } from '@corridor/platform'
import { apiJourney, fundedWallets } from './web/api-journey.ts'
import { Tab } from './web/tab.ts'

const JOURNEYS = 20
const LOADS = 10
const WARM_UPS = 3
const CUSTOMER = 'customer1'

const GOALS = {
  clickToCompletedMs: { atMost: 1_000 },
  firstPageKb: { atMost: 200 },
  interactiveMs: { atMost: 1_500 },
} as const

type Figures = Record<keyof typeof GOALS, number>

/** The 95th of a hundred, and the middle. */
function spread(values: readonly number[]): { p50: number; p95: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95) }
}

async function times(count: number, work: () => Promise<number>): Promise<number[]> {
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp += 1) await work()
  const measured: number[] = []
  for (let round = 0; round < count; round += 1) measured.push(await work())
  return measured
}

async function measure(platform: RunningPlatform, api: ApiClient): Promise<Figures> {
  const wallets = await fundedWallets(api)
  const tab = await Tab.open(new URL(platform.url).origin)
  try {
    await tab.signIn(CUSTOMER)
    const firstPageKb = await tab.scriptKb()
    const interactive = spread(await times(LOADS, () => tab.load('/wallets')))
    const empty = spread(await times(LOADS, () => tab.loadEmpty()))
    const clicks = spread(await times(JOURNEYS, () => tab.send()))
    const calls = spread(await times(JOURNEYS, () => apiJourney(api, wallets)))
    console.table({
      'click to Completed, ms': row(clicks, calls),
      'load to interactive, ms': row(interactive, empty),
    })
    console.log(`${firstPageKb.toFixed(0)} KB of compressed JavaScript for the first page`)
    return { clickToCompletedMs: clicks.p95, firstPageKb, interactiveMs: interactive.p95 }
  } finally {
    await tab.close()
  }
}

const row = (web: { p50: number; p95: number }, baseline: { p50: number; p95: number }) => ({
  p50: Math.round(web.p50),
  p95: Math.round(web.p95),
  'baseline p50': Math.round(baseline.p50),
  ratio: Number((web.p50 / baseline.p50).toFixed(2)),
})

const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-web-'))
chmodSync(folder, 0o755) // As root, PostgreSQL runs as another user, who passes through.
try {
  const platform = await startPlatform({
    dataDirectory: join(folder, '.data'),
    ports: FREE_PORTS,
    logger: silentLogger,
    settleAfterMs: 0,
  })
  const api = new ApiClient(platform.url, await fetchToken(platform.tokenUrl ?? '', CUSTOMER))
  try {
    const figures = await measure(platform, api)
    const pass = Object.entries(GOALS).every(([name, { atMost }]) => figures[name as keyof Figures] <= atMost)
    console.log(JSON.stringify({ bench: 'web', figures, goals: GOALS, pass }))
    process.exitCode = pass ? 0 : 1
  } finally {
    await api.close()
    await platform.stop()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
