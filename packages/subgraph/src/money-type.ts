import { type CurrencyInfo, formatAmount, isCurrency, type Money, parseMoney } from '@corridor/money'
import { accept, isUuid, type Result, refuse } from '@corridor/platform'
import { Field, InputType, ObjectType } from 'type-graphql'
import { Shareable } from './directives.ts'
import { CurrencyScalar, DecimalScalar } from './scalars.ts'

@Shareable()
@ObjectType('Money')
export class MoneyType {
  @Field(() => DecimalScalar, {
    description: `Major units with exactly the currency's ISO 4217 exponent: "12.30" USD, "12" JPY, "1.250" KWD.`,
  })
  readonly amount!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string
}

@InputType()
export class MoneyInput {
  @Field(() => DecimalScalar)
  readonly amount!: string

  @Field(() => CurrencyScalar)
  readonly currency!: string
}

export const toMoneyType = (money: Money): MoneyType => ({ amount: formatAmount(money), currency: money.currency })

/** The amount in minor units; refuses one that is malformed, or of an unknown currency, naming `field`. */
export function parseMoneyInput(input: MoneyInput, field: string): Result<Money> {
  const currency = parseCurrency(input.currency, `${field}.currency`)
  if (!currency.ok) return currency
  const parsed = parseMoney(input)
  if (!parsed.ok) return refuse('BAD_USER_INPUT', `${field}.amount: ${parsed.reason}`, `${field}.amount`)
  return accept(parsed.value)
}

/** Refuses an amount of nothing where something must move. */
export function parsePositiveMoneyInput(input: MoneyInput, field: string): Result<Money> {
  const parsed = parseMoneyInput(input, field)
  if (parsed.ok && parsed.value.amountMinor <= 0n) {
    return refuse('AMOUNT_NOT_POSITIVE', `${field}.amount must be greater than zero.`, `${field}.amount`)
  }
  return parsed
}

export function parseCurrency(code: string, field: string): Result<CurrencyInfo['code']> {
  return isCurrency(code) ? accept(code) : refuse('BAD_USER_INPUT', `${field} is not a currency of ISO 4217.`, field)
}

/** Ids are UUIDs in lower case. */
export function parseId(id: string, field: string): Result<string> {
  return isUuid(id) ? accept(id) : refuse('BAD_USER_INPUT', `${field} is not an id of this platform.`, field)
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

/** An instant in RFC 3339; what is finer than a millisecond is cut. */
export function parseDateTime(text: string, field: string): Result<Date> {
  const instant = INSTANT.test(text) ? new Date(text) : undefined
  if (instant === undefined || Number.isNaN(instant.getTime())) {
    return refuse('BAD_USER_INPUT', `${field} is not an instant in RFC 3339.`, field)
  }
  return accept(instant)
}
