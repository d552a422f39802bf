/** Toward zero, away from zero, to the nearest with ties to the even neighbour, toward minus or plus infinity. */
export type Rounding = 'down' | 'up' | 'half-even' | 'floor' | 'ceiling'

/** `numerator / denominator` as a whole number, rounded as stated. The denominator is positive. */
export function divideRounded(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  if (denominator <= 0n) throw new RangeError('The denominator must be positive.')
  const quotient = numerator / denominator
  const rest = numerator % denominator
  if (rest === 0n) return quotient
  const away = numerator < 0n ? -1n : 1n
  return roundsAway({ quotient, rest, denominator, rounding }) ? quotient + away : quotient
}

function roundsAway(input: { quotient: bigint; rest: bigint; denominator: bigint; rounding: Rounding }): boolean {
  const { quotient, rest, denominator, rounding } = input
  const twice = rest < 0n ? -rest * 2n : rest * 2n
  switch (rounding) {
    case 'down':
      return false
    case 'up':
      return true
    case 'floor':
      return rest < 0n
    case 'ceiling':
      return rest > 0n
    case 'half-even':
      return twice > denominator || (twice === denominator && quotient % 2n !== 0n)
  }
}
