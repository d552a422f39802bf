import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'

import type { DeliveryMethod } from '../domain/beneficiary.ts'

/** A beneficiary as he lies in the database: what is personal, encrypted with his owner's key. */
@Entity({ tableName: 'beneficiaries' })
export class BeneficiaryRecord {
  @PrimaryKey({ type: 'uuid' })
  id!: string

  @Property({ type: 'uuid' })
  ownerId!: string

  /** Null, like all that is personal, once his owner is erased. */
  @Property({ type: 'blob', nullable: true })
  nameCt!: Buffer | null

  @Property({ type: 'text' })
  country!: string

  @Property({ type: 'text' })
  currency!: string

  @Property({ type: 'text' })
  delivery!: DeliveryMethod

  @Property({ type: 'uuid', nullable: true })
  walletId!: string | null

  @Property({ type: 'blob', nullable: true })
  accountNumberCt!: Buffer | null

  @Property({ type: 'blob', nullable: true })
  bankNameCt!: Buffer | null

  /** How the name last compared with the lists; null before it was first compared. */
  @Property({ type: 'boolean', nullable: true })
  screeningMatch!: boolean | null

  @Property({ type: 'integer', nullable: true })
  screeningScore!: number | null

  @Property({ type: 'bigint', nullable: true })
  screeningListVersion!: bigint | null

  @Property({ type: 'timestamptz' })
  createdAt!: Date

  @Property({ type: 'timestamptz', nullable: true })
  removedAt!: Date | null
}
