import { createHash } from 'node:crypto'
import { Decimal } from '@corridor/money'
import type { Clock } from '@corridor/platform'
import type { Tick } from '../domain/rate.ts'
import type { RateProvider } from './rate-provider.ts'

/** Where each pair's price moves around: plausible figures, in no way a claim about a market. */
const ANCHORS: Readonly<Record<string, string>> = {
  EURUSD: '1.08450',
  GBPUSD: '1.26730',
  AUDUSD: '0.65810',
  NZDUSD: '0.60120',
  USDAED: '3.67250',
  USDBHD: '0.37600',
  USDBRL: '5.02400',
  USDCAD: '1.36520',
  USDCHF: '0.88310',
  USDCNY: '7.23400',
  USDDKK: '6.87600',
  USDHKD: '7.81200',
  USDIDR: '15742.00',
  USDINR: '83.25000',
  USDJPY: '149.3200',
  USDKES: '129.4000',
  USDKRW: '1332.500',
  USDKWD: '0.30755',
  USDMXN: '17.12000',
  USDMYR: '4.68500',
  USDNGN: '1530.000',
  USDNOK: '10.52000',
  USDPHP: '56.12000',
  USDPKR: '278.4000',
  USDPLN: '3.97400',
  USDSAR: '3.75000',
  USDSEK: '10.39000',
  USDSGD: '1.34220',
  USDTHB: '35.84000',
  USDTRY: '32.41000',
  USDZAR: '18.73000',
}

export const SIMULATED_PAIRS: readonly string[] = Object.keys(ANCHORS).sort()

const HALF_SPREAD_BPS = 2
/** How far a price strays from its anchor, and how many steps it takes from one turn to the next. */
const STRAY = 0.01
const STEPS_PER_TURN = 64
const SCALE = 6

/**
 * A market that is made up: the price of a pair is a function of seed, pair and time alone, so that every process sees
 * the same market and a run can be repeated to the digit. Labelled `simulated` wherever a rate appears.
 */
export function simulatedMarket({
  seed,
  intervalMs,
  clock,
}: {
  seed: string
  intervalMs: number
  clock: Clock
}): RateProvider {
  return {
    name: 'simulated',
    intervalMs,
    fetch: async () => {
      const step = Math.floor(clock.now().getTime() / intervalMs)
      const observedAt = new Date(step * intervalMs)
      return SIMULATED_PAIRS.map((pair) => simulatedTick({ seed, pair, step, observedAt }))
    },
  }
}

function simulatedTick(input: { seed: string; pair: string; step: number; observedAt: Date }): Tick {
  const { seed, pair, step, observedAt } = input
  const factor = Decimal.parse((1 + STRAY * noise(`${seed}:${pair}`, step)).toFixed(SCALE)) // A made-up price, not an amount.
  const mid = Decimal.parse(ANCHORS[pair] ?? '1')
    .times(factor)
    .round(SCALE, 'half-even')
  const half = mid.times(Decimal.of(BigInt(HALF_SPREAD_BPS), 4))
  return {
    pair,
    bid: mid.minus(half).round(SCALE, 'down'),
    mid,
    ask: mid.plus(half).round(SCALE, 'up'),
    source: 'simulated',
    observedAt,
  }
}

/** Smooth noise from -1 to 1: slow waves between random turning points, with a little quick noise on top. */
function noise(name: string, step: number): number {
  const turn = Math.floor(step / STEPS_PER_TURN)
  const along = (step % STEPS_PER_TURN) / STEPS_PER_TURN
  const eased = along * along * (3 - 2 * along)
  const slow = random(name, turn) * (1 - eased) + random(name, turn + 1) * eased
  return 0.95 * slow + 0.05 * random(`${name}:quick`, step)
}

/** A number from -1 to 1 that only the name and the step decide. */
function random(name: string, step: number): number {
  return createHash('sha256').update(`${name}:${step}`).digest().readUInt32BE(0) / 0x7fff_ffff - 1
}
