import { divideRounded, type Rounding } from './rounding.ts'

const DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/
const MAX_DIGITS = 60

const powersOfTen: bigint[] = [1n]

function powerOfTen(exponent: number): bigint {
  const known = powersOfTen[exponent]
  if (known !== undefined) return known
  const power = 10n ** BigInt(exponent)
  powersOfTen[exponent] = power
  return power
}

/** An exact decimal number, `unscaled / 10^scale`, immutable. Only division and `round` round, and say how. */
export class Decimal {
  static readonly ZERO = new Decimal(0n, 0)
  static readonly ONE = new Decimal(1n, 0)

  private constructor(
    readonly unscaled: bigint,
    readonly scale: number,
  ) {}

  static of(unscaled: bigint, scale = 0): Decimal {
    if (!Number.isInteger(scale) || scale < 0) throw new RangeError('A scale is a whole number of 0 or more.')
    return new Decimal(unscaled, scale)
  }

  /** Reads plain notation (`-12.50`): no exponent, no plus sign, no leading zeros. Throws `RangeError` for anything else. */
  static parse(text: string): Decimal {
    const match = text.length <= MAX_DIGITS ? DECIMAL.exec(text) : null
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

  /** The quotient with `scale` digits after the point. */
  dividedBy(divisor: Decimal, scale: number, rounding: Rounding): Decimal {
    if (divisor.isZero) throw new RangeError('Nothing can be divided by zero.')
    const sign = divisor.unscaled < 0n ? -1n : 1n
    const shift = scale + divisor.scale - this.scale
    const numerator = sign * this.unscaled * (shift > 0 ? powerOfTen(shift) : 1n)
    const denominator = sign * divisor.unscaled * (shift < 0 ? powerOfTen(-shift) : 1n)
    return new Decimal(divideRounded(numerator, denominator, rounding), scale)
  }

  /** The same number with `scale` digits after the point. */
  round(scale: number, rounding: Rounding): Decimal {
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

  compare(other: Decimal): -1 | 0 | 1 {
    const scale = Math.max(this.scale, other.scale)
    const difference = this.at(scale) - other.at(scale)
    return difference === 0n ? 0 : difference < 0n ? -1 : 1
  }

  equals(other: Decimal): boolean {
    return this.compare(other) === 0
  }

  /** Plain notation with exactly `scale` digits after the point. */
  toString(): string {
    if (this.scale === 0) return this.unscaled.toString()
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString().padStart(this.scale + 1, '0')
    const point = digits.length - this.scale
    return `${this.unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
  }

  toJSON(): string {
    return this.toString()
  }

  private at(scale: number): bigint {
    return scale === this.scale ? this.unscaled : this.unscaled * powerOfTen(scale - this.scale)
  }
}
