import { orThrow, refuse } from '@corridor/platform'

/** The number or position in a cursor's one part; refuses what is none. */
export function numberOf(part: string | undefined): bigint {
  if (part !== undefined && /^\d{1,18}$/.test(part)) return BigInt(part)
  return orThrow(refuse('BAD_USER_INPUT', 'after is not a cursor of this list.', 'after'))
}
