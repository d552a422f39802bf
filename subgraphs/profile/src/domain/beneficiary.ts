import { accept, isUuid, type Result, refuse } from '@corridor/platform'
import { electronicFormatIBAN, getCountrySpecifications, isValidIBAN } from 'ibantools'
import { isCountry } from './country.ts'

export type DeliveryMethod = 'WALLET' | 'BANK' | 'CASH_PICKUP'

/** Somebody whom a customer pays, readable. The account number is masked, and never whole here. */
export interface Beneficiary {
  readonly id: string
  readonly ownerId: string
  readonly name: string
  readonly country: string
  readonly currency: string
  readonly delivery: DeliveryMethod
  readonly walletId: string | null
  readonly accountNumber: string | null
  readonly bankName: string | null
  readonly createdAt: Date
  readonly removedAt: Date | null
}

/** What a customer says of a beneficiary; absent is null. */
export type BeneficiaryInput = Pick<
  Beneficiary,
  'name' | 'country' | 'currency' | 'delivery' | 'walletId' | 'accountNumber' | 'bankName'
>

/** As long as ISO 20022 lets a name be (Max140Text). */
const MAX_NAME_LENGTH = 140
/** Where there is no IBAN: letters and digits, as long as ISO 20022 lets an account's other identification be. */
const OTHER_ACCOUNT_NUMBER = /^[A-Z0-9]{5,34}$/
const SHOWN_CHARACTERS = 4

/**
 * Holds a beneficiary to what his delivery method needs, and brings his account number to its electronic form. Where the
 * country is in the IBAN registry the number is an IBAN of it, check digits included (ISO 13616). The currency is the
 * caller's to check.
 */
export function checkBeneficiary(input: BeneficiaryInput): Result<BeneficiaryInput> {
  const name = input.name.trim()
  const bankName = input.bankName?.trim() ?? null
  const toBank = input.delivery === 'BANK'
  if (!isBounded(name)) return wrong('name', `has 1 to ${MAX_NAME_LENGTH} characters.`)
  if (!isCountry(input.country)) return wrong('country', 'is not a country of ISO 3166-1.')
  if ((input.delivery === 'WALLET') !== (input.walletId !== null)) {
    return wrong('walletId', 'is given for delivery to a wallet, and only then.')
  }
  if (input.walletId !== null && !isUuid(input.walletId)) return wrong('walletId', 'is not an id of this platform.')
  if (toBank !== (bankName !== null)) return wrong('bankName', 'is given for delivery to a bank, and only then.')
  if (bankName !== null && !isBounded(bankName)) return wrong('bankName', `has 1 to ${MAX_NAME_LENGTH} characters.`)
  if (toBank !== (input.accountNumber !== null)) {
    return wrong('accountNumber', 'is given for delivery to a bank, and only then.')
  }
  if (input.accountNumber === null) return accept({ ...input, name, bankName })
  const accountNumber = checkAccountNumber(input.accountNumber, input.country)
  return accountNumber.ok ? accept({ ...input, name, bankName, accountNumber: accountNumber.value }) : accountNumber
}

/** An account number as it is shown: its last four characters. */
export const maskAccountNumber = (accountNumber: string): string => `****${accountNumber.slice(-SHOWN_CHARACTERS)}`

function checkAccountNumber(given: string, country: string): Result<string> {
  const accountNumber = (electronicFormatIBAN(given) ?? '').toUpperCase()
  if (!getCountrySpecifications()[country]?.IBANRegistry) {
    return OTHER_ACCOUNT_NUMBER.test(accountNumber)
      ? accept(accountNumber)
      : wrong('accountNumber', 'has 5 to 34 letters and digits.')
  }
  return isValidIBAN(accountNumber) && accountNumber.startsWith(country)
    ? accept(accountNumber)
    : wrong('accountNumber', 'must be a valid IBAN of the given country.')
}

/** The value itself is never part of a message. */
const wrong = (field: keyof BeneficiaryInput, message: string) =>
  refuse('BAD_USER_INPUT', `input.${field} ${message}`, `input.${field}`)

const isBounded = (text: string): boolean => text.length > 0 && text.length <= MAX_NAME_LENGTH
