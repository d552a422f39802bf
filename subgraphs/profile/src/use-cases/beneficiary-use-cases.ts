import { accept, type IdempotencyKeys, invariant, isUuid, type Result, refuse, uuidv7 } from '@corridor/platform'
import { parseCurrency } from '@corridor/subgraph'
import { type Beneficiary, type BeneficiaryInput, checkBeneficiary } from '../domain/beneficiary.ts'
import { BeneficiaryRecord } from '../entities/beneficiary-record.ts'
import { openBeneficiary, openPayout, sealBeneficiary } from '../privacy/beneficiary-cipher.ts'
import { audit } from './audit-log.ts'
import type { Changing, ProfileStore } from './profile-store.ts'
import { type NameScreening, setScreening } from './screening.ts'

export interface BeneficiaryDeps {
  readonly store: ProfileStore
  readonly screening: NameScreening
  readonly idempotency: IdempotencyKeys
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
    const { idempotency, screening, store } = this.deps
    const allowed = idempotency.check(idempotencyKey)
    if (!allowed.ok) return allowed
    const currency = parseCurrency(input.currency, 'input.currency')
    if (!currency.ok) return currency
    const checked = checkBeneficiary(input)
    if (!checked.ok) return checked
    const call = { scope, key: idempotencyKey, operation: 'addBeneficiary', input: checked.value, resultId: uuidv7() }
    const screened = await screening.screen(checked.value.name)
    let added: Beneficiary | null = null
    const changed = await store.change(ownerId, async (changing) => {
      const { tx, sql, key } = changing
      const claim = await idempotency.claim(sql, call)
      if (!claim.ok) return claim
      const id = claim.value.resultId
      if (!claim.value.first) {
        added = openBeneficiary(await tx.findOneOrFail(BeneficiaryRecord, id), key)
        return accept([])
      }
      if ((await tx.count(BeneficiaryRecord, { ownerId, removedAt: null })) >= MAX_BENEFICIARIES) {
        return refuse('LIMIT_EXCEEDED', `A customer has at most ${MAX_BENEFICIARIES} beneficiaries.`)
      }
      const record = newRecord(changing, { id, input: checked.value })
      setScreening(record, screened)
      await tx.flush()
      await audit(sql, [{ actor: ownerId, subject: ownerId, action: 'beneficiary.added' }], changing.now)
      added = openBeneficiary(record, key)
      return accept([{ type: 'profile.beneficiary_added', data: { beneficiaryId: id } }])
    })
    if (!changed.ok) return changed
    invariant(added, 'a beneficiary that was just added is there')
    return accept(added)
  }

  /** Removes the owner's own; again, it stays removed. */
  async remove(id: string, ownerId: string): Promise<Result<true>> {
    const changed = await this.deps.store.change(ownerId, async ({ tx, sql, now }) => {
      const record = isUuid(id) ? await tx.findOne(BeneficiaryRecord, { id, ownerId }) : null
      if (!record) return refuse('NOT_FOUND', undefined, 'id')
      if (record.removedAt) return accept([])
      record.removedAt = now
      await tx.flush()
      await audit(sql, [{ actor: ownerId, subject: ownerId, action: 'beneficiary.removed' }], now)
      return accept([{ type: 'profile.beneficiary_removed', data: { beneficiaryId: id } }])
    })
    return changed.ok ? accept(true) : changed
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
    return this.deps.store.deps.orm.em.fork().find(BeneficiaryRecord, where, { orderBy: { id: 'asc' } })
  }

  private keysOf(records: readonly BeneficiaryRecord[]): Promise<Map<string, Buffer>> {
    return this.deps.store.deps.keys.read([...new Set(records.map(({ ownerId }) => ownerId))])
  }
}

function newRecord(
  { tx, record: { id: ownerId }, key, now }: Changing,
  { id, input }: { id: string; input: BeneficiaryInput },
): BeneficiaryRecord {
  const { name, country, currency, delivery, walletId, accountNumber, bankName } = input
  return tx.create(BeneficiaryRecord, {
    ...{ id, ownerId, country, currency, delivery, walletId },
    nameCt: sealBeneficiary(key, id, 'nameCt', name),
    accountNumberCt: accountNumber === null ? null : sealBeneficiary(key, id, 'accountNumberCt', accountNumber),
    bankNameCt: bankName === null ? null : sealBeneficiary(key, id, 'bankNameCt', bankName),
    ...{ screeningMatch: null, screeningScore: null, screeningListVersion: null, createdAt: now, removedAt: null },
  })
}
