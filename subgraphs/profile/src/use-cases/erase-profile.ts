import { accept, isUuid, LockMode, type Result, refuse, sqlOf } from '@corridor/platform'
import { BeneficiaryRecord } from '../entities/beneficiary-record.ts'
import { ProfileRecord } from '../entities/profile-record.ts'
import { audit } from './audit-log.ts'
import { type IdentitySync, queueSync } from './identity-sync.ts'
import { announce, type ProfileStore } from './profile-store.ts'
import { inTransaction } from './transaction.ts'

/** What keeps a customer: asked of the ledger and of payments. */
export interface Obligations {
  /** Money in any account of his, posted or pending. */
  holdsMoney(owner: string): Promise<boolean>
  /** Payments of his, either way, that are not at their end. */
  hasOpenPayments(owner: string): Promise<boolean>
}

export interface EraseDeps {
  readonly store: ProfileStore
  readonly sync: IdentitySync
  readonly obligations: Obligations
  /** In production one proposes and another does it. */
  readonly twoPeople: boolean
}

/** What an erasure came to. */
export type Erasure = 'ERASED' | 'PROPOSED'

const EMPTY = {
  ...{ usernameCt: null, usernameIndex: null, emailCt: null, emailIndex: null, givenNameCt: null, familyNameCt: null },
  ...{ phoneCt: null, phoneIndex: null, addressCt: null, kycNoteCt: null },
} as const

/**
 * Erases a person: what is personal is taken out of the rows, his key is destroyed, so that copies of them open nevermore,
 * and his user is removed from the identity server. Books and audit log name him by id. `CONFLICT` while he has money or
 * a payment under way; again, he stays erased.
 */
export class EraseProfile {
  constructor(private readonly deps: EraseDeps) {}

  async erase(id: string, officer: string): Promise<Result<Erasure>> {
    const { store, sync, obligations } = this.deps
    const profile = isUuid(id) ? await store.profile(id) : null
    if (!profile) return refuse('NOT_FOUND', undefined, 'id')
    if (profile.erasedAt) return accept('ERASED')
    if (await obligations.hasOpenPayments(id))
      return refuse('CONFLICT', 'The customer has payments that are not at their end.')
    if (await obligations.holdsMoney(id)) return refuse('CONFLICT', 'The customer has money in the books.')
    const erased = await inTransaction(store.deps, (tx) => this.inTransaction(tx, { id, officer }))
    if (!erased.ok || erased.value === 'PROPOSED') return erased
    await store.deps.keys.destroy(id) // What fails from here on is done by the rounds of the sync.
    await sync.deliver(id)
    return erased
  }

  private async inTransaction(
    tx: Parameters<Parameters<typeof inTransaction>[1]>[0],
    { id, officer }: { id: string; officer: string },
  ): Promise<Result<Erasure>> {
    const { store, twoPeople } = this.deps
    const sql = sqlOf(tx)
    const now = store.deps.clock.now()
    const record = await tx.findOneOrFail(ProfileRecord, id, { lockMode: LockMode.PESSIMISTIC_WRITE })
    if (twoPeople) {
      const { rows } = await sql.query<{ by: string }>(
        `insert into erasure_proposals (profile_id, proposed_by, proposed_at) values ($1, $2, $3)
         on conflict (profile_id) do update set proposed_by = erasure_proposals.proposed_by
         returning proposed_by as by`,
        [id, officer, now],
      )
      if (rows[0]?.by === officer) {
        await audit(sql, [{ actor: officer, subject: id, action: 'erasure.proposed' }], now)
        return accept('PROPOSED')
      }
    }
    const version = record.version + 1n
    Object.assign(record, EMPTY, { emailVerified: false, erasedAt: now, updatedAt: now, version })
    await tx.flush()
    await tx.nativeUpdate(BeneficiaryRecord, { ownerId: id }, { nameCt: null, accountNumberCt: null, bankNameCt: null })
    await sql.query(`update beneficiaries set removed_at = coalesce(removed_at, $2) where owner_id = $1`, [id, now])
    await sql.query('delete from email_verifications where profile_id = $1', [id])
    await sql.query('delete from erasure_proposals where profile_id = $1', [id])
    await sql.query('update kyc_checks set redirect_url_ct = null where profile_id = $1', [id])
    await queueSync(sql, { profileId: id, version, kind: 'REMOVE', now })
    await audit(sql, [{ actor: officer, subject: id, action: 'profile.erased' }], now)
    await announce(sql, record, [{ type: 'profile.erased' }])
    return accept('ERASED')
  }
}
