import { type Clock, invariant, type Logger } from '@corridor/platform'
import { ECB_INTERVAL_MS, ecbReferenceRates } from './ecb.ts'
import { type OandaOptions, oandaRates } from './oanda.ts'
import { preferredProvider } from './preferred-provider.ts'
import type { RateProvider } from './rate-provider.ts'

export type ProviderName = 'oanda' | 'ecb' | 'simulated'

/** Which providers are asked, in order of preference, and how. */
export interface Market {
  readonly providers: readonly ProviderName[]
  readonly oanda: Required<Pick<OandaOptions, 'apiBase' | 'apiKey' | 'pairs' | 'intervalMs'>>
  readonly ecb: { readonly url: string }
  readonly simulated: { readonly seed: string; readonly intervalMs: number }
}

/** How often the provider that is preferred has something new: by it a rate grows old. */
export function preferredIntervalMs({ providers, oanda, simulated }: Market): number {
  const [first] = providers
  if (first === 'oanda') return oanda.intervalMs
  return first === 'simulated' ? simulated.intervalMs : ECB_INTERVAL_MS
}

/** The providers of a market as one. The simulated market is loaded only where it is named. */
export async function createRateProvider(
  market: Market,
  deps: { clock: Clock; logger: Logger },
): Promise<RateProvider> {
  const [first, ...others] = await Promise.all(market.providers.map((name) => create(name, market, deps)))
  invariant(first, 'a market has a provider')
  return others.length === 0 ? first : preferredProvider([first, ...others], deps)
}

async function create(name: ProviderName, market: Market, { clock }: { clock: Clock }): Promise<RateProvider> {
  if (name === 'oanda') return oandaRates({ ...market.oanda, clock })
  if (name === 'ecb') return ecbReferenceRates(market.ecb)
  const { simulatedMarket } = await import('./simulated-market.ts')
  return simulatedMarket({ ...market.simulated, clock })
}
