import { useQuery } from 'urql'
import { CURRENCIES } from './operations.ts'

/** What most currencies have, until the list of them is there. */
const USUAL_EXPONENT = 2

/** A currency's digits after the decimal point: USD 2, JPY 0, KWD 3. */
export function useExponent(currency: string): number {
  const [{ data }] = useQuery({ query: CURRENCIES })
  return data?.currencies.find(({ code }) => code === currency)?.exponent ?? USUAL_EXPONENT
}
