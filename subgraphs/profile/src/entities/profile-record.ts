import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'

import type { KycLevel, KycStatus } from '../domain/profile.ts'

/** A profile as it lies in the database: what is personal, encrypted with the subject's own key. */
@Entity({ tableName: 'profiles' })
export class ProfileRecord {
  @PrimaryKey({ type: 'uuid' })
  id!: string

  /** Null, like all that is personal, once the customer is erased. */
  @Property({ type: 'blob', nullable: true })
  usernameCt!: Buffer | null

  @Property({ type: 'blob', nullable: true })
  usernameIndex!: Buffer | null

  @Property({ type: 'blob', nullable: true })
  emailCt!: Buffer | null

  @Property({ type: 'blob', nullable: true })
  emailIndex!: Buffer | null

  @Property({ type: 'blob', nullable: true })
  givenNameCt!: Buffer | null

  @Property({ type: 'blob', nullable: true })
  familyNameCt!: Buffer | null

  @Property({ type: 'blob', nullable: true })
  phoneCt!: Buffer | null

  @Property({ type: 'blob', nullable: true })
  phoneIndex!: Buffer | null

  @Property({ type: 'blob', nullable: true })
  addressCt!: Buffer | null

  @Property({ type: 'text', nullable: true })
  country!: string | null

  @Property({ type: 'boolean' })
  emailVerified!: boolean

  @Property({ type: 'text' })
  timeZone!: string

  @Property({ type: 'text' })
  locale!: string

  @Property({ type: 'text' })
  kycStatus!: KycStatus

  @Property({ type: 'text', nullable: true })
  kycLevel!: KycLevel | null

  @Property({ type: 'timestamptz', nullable: true })
  kycDecidedAt!: Date | null

  @Property({ type: 'uuid', nullable: true })
  kycDecidedBy!: string | null

  @Property({ type: 'blob', nullable: true })
  kycNoteCt!: Buffer | null

  /** How the name last compared with the lists; null before it was first compared. */
  @Property({ type: 'boolean', nullable: true })
  screeningMatch!: boolean | null

  @Property({ type: 'integer', nullable: true })
  screeningScore!: number | null

  @Property({ type: 'bigint', nullable: true })
  screeningListVersion!: bigint | null

  @Property({ type: 'timestamptz', nullable: true })
  erasedAt!: Date | null

  @Property({ type: 'bigint' })
  version!: bigint

  @Property({ type: 'timestamptz' })
  createdAt!: Date

  @Property({ type: 'timestamptz' })
  updatedAt!: Date
}
