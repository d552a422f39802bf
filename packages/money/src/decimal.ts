import { divideRounded, type Rounding } from './rounding.ts'

const DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/
/** Of text that is read: nobody's amount or rate is longer, and the work grows with the length. */
const MAX_TEXT_LENGTH = 60
/** Of digits after the point: far more than any rate needs, so that what goes beyond is a bug. */
const MAX_SCALE = 1_000

const powersOfTen: bigint[] = [1n]

function powerOfTen(exponent: number): bigint {
  const known = powersOfTen[exponent]
  if (known !== undefined) return known
  const power = 10n ** BigInt(exponent)
  powersOfTen[exponent] = power
  return power
}

function mustBeScale(scale: number): void {
  if (!Number.isInteger(scale) || scale < 0 || scale > MAX_SCALE) {
    throw new RangeError(`A scale is a whole number from 0 to ${MAX_SCALE}.`)
  }
}

/** An exact decimal number, `unscaled / 10^scale`, immutable. Only division and `round` round, and say how. */
export class Decimal {
  static readonly ZERO = new Decimal(0n, 0)
  static readonly ONE = new Decimal(1n, 0)

  private constructor(
    readonly unscaled: bigint,
    readonly scale: number,
  ) {}

  /** `unscaled / 10^scale`: `of(1230n, 2)` is 12.30. Throws `RangeError` for a scale that is no whole number of 0 or more. */
  static of(unscaled: bigint, scale = 0): Decimal {
    mustBeScale(scale)
    return new Decimal(unscaled, scale)
  }

  /** Reads plain notation (`-12.50`): no exponent, no plus sign, no leading zeros. Throws `RangeError` for anything else. */
  static parse(text: string): Decimal {
    const match = text.length <= MAX_TEXT_LENGTH ? DECIMAL.exec(text) : null
    if (!match) throw new RangeError('This is not a decimal number.')
    const [, sign = '', whole = '', fraction = ''] = match
    return new Decimal(BigInt(`${sign}${whole}${fraction}`), fraction.length)
  }

  get sign(): -1 | 0 | 1 {
    return this.unscaled === 0n ? 0 : this.unscaled < 0n ? -1 : 1
  }

  get isZero(): boolean {
    return this.unscaled === 0n
  }

  plus(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale)
    return new Decimal(this.at(scale) + other.at(scale), scale)
  }

  minus(other: Decimal): Decimal {
    return this.plus(other.negate())
  }

  times(other: Decimal): Decimal {
    return new Decimal(this.unscaled * other.unscaled, this.scale + other.scale)
  }

  negate(): Decimal {
    return new Decimal(-this.unscaled, this.scale)
  }

  /** The quotient with `scale` digits after the point, the last rounded as stated. Throws `RangeError` for a divisor of 0. */
  dividedBy(divisor: Decimal, scale: number, rounding: Rounding): Decimal {
    mustBeScale(scale)
    if (divisor.isZero) throw new RangeError('Nothing can be divided by zero.')
    const sign = divisor.unscaled < 0n ? -1n : 1n
    const shift = scale + divisor.scale - this.scale
    const numerator = sign * this.unscaled * (shift > 0 ? powerOfTen(shift) : 1n)
    const denominator = sign * divisor.unscaled * (shift < 0 ? powerOfTen(-shift) : 1n)
    return new Decimal(divideRounded(numerator, denominator, rounding), scale)
  }

  /** The number with `scale` digits after the point: rounded as stated where it has more, padded with zeros where fewer. */
  round(scale: number, rounding: Rounding): Decimal {
    mustBeScale(scale)
    if (scale >= this.scale) return new Decimal(this.at(scale), scale)
    return new Decimal(divideRounded(this.unscaled, powerOfTen(this.scale - scale), rounding), scale)
  }

  /** Without zeros at the end of the fraction. */
  normalized(): Decimal {
    let { unscaled, scale } = this
    while (scale > 0 && unscaled % 10n === 0n) {
      unscaled /= 10n
      scale -= 1
    }
    return new Decimal(unscaled, scale)
  }

  /** By value, whatever the scales: 1.50 compares to 1.5 as 0. */
  compare(other: Decimal): -1 | 0 | 1 {
    const scale = Math.max(this.scale, other.scale)
    const difference = this.at(scale) - other.at(scale)
    return difference === 0n ? 0 : difference < 0n ? -1 : 1
  }

  /** The same value, whatever the scales. */
  equals(other: Decimal): boolean {
    return this.compare(other) === 0
  }

  /** Plain notation with exactly `scale` digits after the point, never an exponent. */
  toString(): string {
    if (this.scale === 0) return this.unscaled.toString()
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString().padStart(this.scale + 1, '0')
    const point = digits.length - this.scale
    return `${this.unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
  }

  /** As text: a number in JSON would be read back as a float. */
  toJSON(): string {
    return this.toString()
  }

  private at(scale: number): bigint {
    return scale === this.scale ? this.unscaled : this.unscaled * powerOfTen(scale - this.scale)
  }
}
