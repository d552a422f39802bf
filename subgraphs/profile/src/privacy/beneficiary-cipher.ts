import { invariant } from '@corridor/platform'
import { type Beneficiary, maskAccountNumber } from '../domain/beneficiary.ts'
import type { BeneficiaryRecord } from '../entities/beneficiary-record.ts'
import { seal, unseal } from './sealed.ts'

type SealedColumn = 'nameCt' | 'accountNumberCt' | 'bankNameCt'

/** The place of a value, authenticated with it: a ciphertext that is moved to another row or column does not open. */
const placeOf = (column: SealedColumn, id: string): string => `beneficiaries\0${column}\0${id}`

export function sealBeneficiary(key: Buffer, id: string, column: SealedColumn, text: string): Buffer {
  return seal({ key, plain: Buffer.from(text), place: placeOf(column, id) })
}

/** Opens a record with its owner's key; the account number comes out masked. */
export function openBeneficiary(record: BeneficiaryRecord, key: Buffer): Beneficiary {
  const { accountNumber, ...details } = openPayout(record, key)
  const { id, ownerId, createdAt, removedAt } = record
  return {
    ...details,
    id,
    ownerId,
    createdAt,
    removedAt,
    accountNumber: accountNumber && maskAccountNumber(accountNumber),
  }
}

/** Opens a record with its owner's key, the account number whole: for whoever carries out a payout, and nobody else. */
export function openPayout(
  record: BeneficiaryRecord,
  key: Buffer,
): Omit<Beneficiary, 'id' | 'ownerId' | 'createdAt' | 'removedAt'> {
  const { id, country, currency, delivery, walletId, nameCt, accountNumberCt, bankNameCt } = record
  const open = (column: SealedColumn, sealed: Buffer): string =>
    unseal({ key, sealed: Buffer.from(sealed), place: placeOf(column, id) }).toString()
  invariant(nameCt, 'a beneficiary whose owner has a key has a name')
  return {
    name: open('nameCt', nameCt),
    country,
    currency,
    delivery,
    walletId,
    accountNumber: accountNumberCt && open('accountNumberCt', accountNumberCt),
    bankName: bankNameCt && open('bankNameCt', bankNameCt),
  }
}
