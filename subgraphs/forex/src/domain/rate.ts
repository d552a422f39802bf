import { type Decimal, isCurrency } from '@corridor/money'

/** A price of one unit of the base currency in the quote currency. bid <= mid <= ask. */
export interface Rate {
  /** Base and quote currency in six letters. */
  readonly pair: string
  readonly bid: Decimal
  readonly mid: Decimal
  readonly ask: Decimal
  readonly source: string
  /** The provider pairs this rate was derived from; the pair itself where it was quoted directly. */
  readonly path: readonly string[]
  /** Set by hand, or derived from one that is. */
  readonly manual: boolean
  /** Set by hand in every part: it does not grow old. */
  readonly standing?: boolean
  /** Rises with every change of the pair. */
  readonly version: bigint
  readonly observedAt: Date
  /** Of a derived rate: the rates it was derived from, as they were quoted. */
  readonly legs?: readonly Rate[]
}

/** The rates as they were quoted that this one comes from: itself, or its legs. */
export const legsOf = (rate: Rate): readonly Rate[] => rate.legs ?? [rate]

/** What a provider said of a pair. */
export type Tick = Pick<Rate, 'pair' | 'bid' | 'mid' | 'ask' | 'source' | 'observedAt'>

/** Whose figures are published for orientation and are no price at which anybody deals. */
const INDICATIVE_SOURCES: ReadonlySet<string> = new Set(['ecb'])

/** Whether any part of the rate is for orientation only: it is shown, and never moves money. */
export const isIndicative = ({ source }: Pick<Rate, 'source'>): boolean =>
  source.split('+').some((part) => INDICATIVE_SOURCES.has(part))

export const baseOf = (pair: string): string => pair.slice(0, 3)
export const quoteOf = (pair: string): string => pair.slice(3)

/** Whether this names two different currencies of ISO 4217. */
export const isPair = (text: string): boolean =>
  text.length === 6 && isCurrency(baseOf(text)) && isCurrency(quoteOf(text)) && baseOf(text) !== quoteOf(text)
