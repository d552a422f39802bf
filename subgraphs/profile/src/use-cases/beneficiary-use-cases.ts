import {
  accept,
  type Clock,
  type IdempotencyKeys,
  invariant,
  isUuid,
  LockMode,
  type MikroORM,
  type Result,
  refuse,
  sqlOf,
  uuidv7,
  type Wakeups,
} from '@corridor/platform'
import { parseCurrency } from '@corridor/subgraph'
import { type Beneficiary, type BeneficiaryInput, checkBeneficiary } from '../domain/beneficiary.ts'
import { BeneficiaryRecord } from '../entities/beneficiary-record.ts'
import { ProfileRecord } from '../entities/profile-record.ts'
import { openBeneficiary, openPayout, sealBeneficiary } from '../privacy/beneficiary-cipher.ts'
import type { SubjectKeys } from '../privacy/subject-keys.ts'
import { inTransaction } from './transaction.ts'

export interface BeneficiaryDeps {
  readonly orm: MikroORM
  readonly keys: SubjectKeys
  readonly idempotency: IdempotencyKeys
  readonly clock: Clock
  readonly wakeups: Wakeups
}

export interface AddBeneficiary {
  /** Whose profile exists. */
  readonly ownerId: string
  /** `idempotencyScope(caller)`. */
  readonly scope: string
  readonly idempotencyKey: string
  readonly input: BeneficiaryInput
}

/** A beneficiary as a payment needs him: `details` are null where his owner was erased. */
export interface KnownBeneficiary {
  readonly record: BeneficiaryRecord
  readonly details: ReturnType<typeof openPayout> | null
}

const MAX_BENEFICIARIES = 200

/** Whom a customer pays. */
export class BeneficiaryUseCases {
  constructor(private readonly deps: BeneficiaryDeps) {}

  /** Adds one; the same call again answers the same one. */
  async add({ ownerId, scope, idempotencyKey, input }: AddBeneficiary): Promise<Result<Beneficiary>> {
    const { idempotency, keys, clock } = this.deps
    const allowed = idempotency.check(idempotencyKey)
    if (!allowed.ok) return allowed
    const currency = parseCurrency(input.currency, 'input.currency')
    if (!currency.ok) return currency
    const checked = checkBeneficiary(input)
    if (!checked.ok) return checked
    const key = (await keys.read([ownerId])).get(ownerId)
    invariant(key, 'the owner of a beneficiary has a key')
    const { name, country, delivery, walletId, accountNumber, bankName } = checked.value
    const call = { scope, key: idempotencyKey, operation: 'addBeneficiary', input: checked.value, resultId: uuidv7() }
    return await inTransaction(this.deps, async (tx) => {
      await tx.findOneOrFail(ProfileRecord, ownerId, { lockMode: LockMode.PESSIMISTIC_WRITE }) // So that two calls cannot pass the limit.
      const claim = await idempotency.claim(sqlOf(tx), call)
      if (!claim.ok) return claim
      const id = claim.value.resultId
      if (!claim.value.first) return accept(openBeneficiary(await tx.findOneOrFail(BeneficiaryRecord, id), key))
      if ((await tx.count(BeneficiaryRecord, { ownerId, removedAt: null })) >= MAX_BENEFICIARIES) {
        return refuse('LIMIT_EXCEEDED', `A customer has at most ${MAX_BENEFICIARIES} beneficiaries.`)
      }
      const record = tx.create(BeneficiaryRecord, {
        ...{ id, ownerId, country, currency: currency.value, delivery, walletId },
        nameCt: sealBeneficiary(key, id, 'nameCt', name),
        accountNumberCt: accountNumber === null ? null : sealBeneficiary(key, id, 'accountNumberCt', accountNumber),
        bankNameCt: bankName === null ? null : sealBeneficiary(key, id, 'bankNameCt', bankName),
        createdAt: clock.now(),
        removedAt: null,
      })
      await tx.flush()
      return accept(openBeneficiary(record, key))
    })
  }

  /** Removes the owner's own; again, it stays removed. */
  async remove(id: string, ownerId: string): Promise<Result<true>> {
    return await inTransaction(this.deps, async (tx) => {
      const record = isUuid(id)
        ? await tx.findOne(BeneficiaryRecord, { id, ownerId }, { lockMode: LockMode.PESSIMISTIC_WRITE })
        : null
      if (!record) return refuse('NOT_FOUND', undefined, 'id')
      record.removedAt ??= this.deps.clock.now()
      await tx.flush()
      return accept(true)
    })
  }

  /** By id, removed ones included; those whose owner was erased are left out. */
  async beneficiaries(ids: readonly string[]): Promise<Map<string, Beneficiary>> {
    return new Map((await this.open({ id: { $in: ids.filter(isUuid) } })).map((each) => [each.id, each]))
  }

  /** Those that owners have now, oldest first. */
  async beneficiariesOf(ownerIds: readonly string[]): Promise<Map<string, Beneficiary[]>> {
    const now = await this.open({ ownerId: { $in: ownerIds.filter(isUuid) }, removedAt: null })
    return Map.groupBy(now, ({ ownerId }) => ownerId)
  }

  /** By id, as they are needed to pay: removed ones included, those of erased owners without details. */
  async forPayments(ids: readonly string[]): Promise<Map<string, KnownBeneficiary>> {
    const records = await this.find({ id: { $in: ids.filter(isUuid) } })
    const keys = await this.keysOf(records)
    return new Map(
      records.map((record) => {
        const key = keys.get(record.ownerId)
        return [record.id, { record, details: key ? openPayout(record, key) : null }]
      }),
    )
  }

  private async open(where: object): Promise<Beneficiary[]> {
    const records = await this.find(where)
    const keys = await this.keysOf(records)
    return records.flatMap((record) => {
      const key = keys.get(record.ownerId)
      return key ? [openBeneficiary(record, key)] : []
    })
  }

  private find(where: object): Promise<BeneficiaryRecord[]> {
    return this.deps.orm.em.fork().find(BeneficiaryRecord, where, { orderBy: { id: 'asc' } })
  }

  private keysOf(records: readonly BeneficiaryRecord[]): Promise<Map<string, Buffer>> {
    return this.deps.keys.read([...new Set(records.map(({ ownerId }) => ownerId))])
  }
}
