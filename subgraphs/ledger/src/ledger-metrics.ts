import { counter, gauge, histogram } from '@corridor/platform'
import type { JournalResult } from './domain/journal.ts'

const journals = counter({
  name: 'corridor.ledger.journals',
  unit: '{journal}',
  description: 'Journals that were decided.',
  attributes: { outcome: ['posted', 'refused', 'retired'] },
})
const refusals = counter({
  name: 'corridor.ledger.refusals',
  unit: '{journal}',
  description: 'Journals that were refused, by the code of the reason.',
  attributes: { reason: { first: 40 } },
})
const groupSize = histogram({
  name: 'corridor.ledger.group.size',
  unit: '{journal}',
  description: 'Journals that shared a transaction.',
  bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000],
})
const lockWait = histogram({
  name: 'corridor.ledger.lock.duration',
  unit: 's',
  description: 'Time until the accounts of a group were locked and read.',
  bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
})
const broken = gauge({
  name: 'corridor.ledger.invariant.broken',
  unit: '{invariant}',
  description: 'One while an invariant of the books is broken, else zero.',
  attributes: { invariant: { first: 30 } },
  inStatus: true,
})
const checkedAt = gauge({
  name: 'corridor.ledger.invariants.checked',
  unit: 's',
  description: 'When the books were last checked, in seconds since 1970.',
})

const posted = journals.of({ outcome: 'posted' })
const refused = journals.of({ outcome: 'refused' })
const retired = journals.of({ outcome: 'retired' })
const sizes = groupSize.of({})
const waits = lockWait.of({})
const MILLISECONDS = 1_000

/** Counts a group that was committed. */
export function countGroup(results: readonly JournalResult[]): void {
  sizes.record(results.length)
  for (const result of results) {
    if (result.status === 'POSTED') posted.value += 1
    else if (result.status === 'RETIRED') retired.value += 1
    else {
      refused.value += 1
      refusals.of({ reason: result.code }).add()
    }
  }
}

export const recordLockWait = (ms: number): void => waits.record(ms / MILLISECONDS)

export function tellInvariants(checks: readonly { readonly name: string; readonly holds: boolean }[]): void {
  for (const { name, holds } of checks) broken.of({ invariant: name }).set(holds ? 0 : 1)
  checkedAt.of({}).set(Date.now() / MILLISECONDS)
}
