import { isAway } from '@corridor/platform'
import type { Payment } from '../domain/payment.ts'
import type { ProcessDeps, Processed } from './processed.ts'
import { putOff } from './put-off.ts'

/**
 * Asks something of the beneficiaries of those payments that have one: by the payment's id, null where there is none any
 * more. While nobody can say, these payments wait, and no others.
 */
export async function askBeneficiaries<Known>(
  deps: ProcessDeps,
  payments: readonly Payment[],
  ask: (beneficiaryIds: readonly string[]) => Promise<readonly (Known | null)[]>,
): Promise<{ known: ReadonlyMap<string, Known | null>; waiting: Processed[] }> {
  const paid = payments.filter(({ beneficiaryId }) => beneficiaryId !== null)
  if (paid.length === 0) return { known: new Map(), waiting: [] }
  try {
    const answers = await ask(paid.map(({ beneficiaryId }) => beneficiaryId ?? ''))
    return { known: new Map(paid.map(({ id }, index) => [id, answers[index] ?? null])), waiting: [] }
  } catch (error) {
    if (!isAway(error)) throw error
    return { known: new Map(), waiting: await putOff(deps, paid, error) }
  }
}

/** Those of the payments that are not among the others. */
export const without = <Kept extends { readonly id: string }>(
  payments: readonly Kept[],
  ...others: readonly (readonly { readonly id: string }[])[]
): Kept[] => {
  const gone = new Set(others.flat().map(({ id }) => id))
  return payments.filter(({ id }) => !gone.has(id))
}
