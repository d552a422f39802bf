import {
  CountryCodeScalar,
  DateTimeScalar,
  EmailAddressScalar,
  Inaccessible,
  Key,
  PageInfo,
  PhoneNumberScalar,
} from '@corridor/subgraph'
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql'

export enum KycStatusEnum {
  NOT_STARTED = 'NOT_STARTED',
  PENDING = 'PENDING',
  VERIFIED = 'VERIFIED',
  REJECTED = 'REJECTED',
}
registerEnumType(KycStatusEnum, { name: 'KycStatus' })

export enum KycLevelEnum {
  BASIC = 'BASIC',
  ENHANCED = 'ENHANCED',
}
registerEnumType(KycLevelEnum, { name: 'KycLevel' })

@ObjectType('Kyc')
export class KycType {
  /** Whose it is; no field. */
  readonly profileId!: string

  @Field(() => KycStatusEnum)
  readonly status!: KycStatusEnum

  @Field(() => KycLevelEnum, { nullable: true })
  readonly level?: KycLevelEnum | null

  @Field(() => DateTimeScalar, { nullable: true })
  readonly decidedAt?: Date | null

  @Field(() => String, { nullable: true })
  readonly note?: string | null
}

@ObjectType('Address')
export class AddressType {
  @Field(() => String)
  readonly street!: string

  @Field(() => String)
  readonly city!: string

  @Field(() => String, { nullable: true })
  readonly region?: string | null

  @Field(() => String)
  readonly postalCode!: string

  @Field(() => CountryCodeScalar)
  readonly country!: string
}

@Key('id')
@ObjectType('Profile')
export class ProfileType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly username!: string

  @Field(() => EmailAddressScalar, { nullable: true })
  readonly email?: string | null

  @Field(() => String, { nullable: true })
  readonly givenName?: string | null

  @Field(() => String, { nullable: true })
  readonly familyName?: string | null

  @Field(() => PhoneNumberScalar, { nullable: true })
  readonly phone?: string | null

  @Field(() => AddressType, { nullable: true })
  readonly address?: AddressType | null

  @Field(() => CountryCodeScalar, { nullable: true })
  readonly country?: string | null

  @Field(() => Boolean)
  readonly emailVerified!: boolean

  @Field(() => String, { description: 'IANA name; decides what counts as night.' })
  readonly timeZone!: string

  @Field(() => String)
  readonly locale!: string

  @Field(() => KycType)
  readonly kyc!: KycType

  @Field(() => DateTimeScalar)
  readonly createdAt!: Date
}

/** As much of a person as the other side of a payment may see: "Ada L." */
@Key('id')
@ObjectType('Party', { description: 'As much of a person as the other side of a payment may see: "Ada L."' })
export class PartyType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly displayName!: string
}

@InputType('AddressInput')
export class AddressInput {
  @Field(() => String)
  readonly street!: string

  @Field(() => String)
  readonly city!: string

  @Field(() => String, { nullable: true })
  readonly region?: string | null

  @Field(() => String)
  readonly postalCode!: string

  @Field(() => CountryCodeScalar)
  readonly country!: string
}

@InputType('RegisterProfileInput')
export class RegisterProfileInput {
  @Field(() => String)
  readonly username!: string

  @Field(() => EmailAddressScalar)
  readonly email!: string

  @Field(() => String)
  readonly password!: string

  @Field(() => String)
  readonly givenName!: string

  @Field(() => String)
  readonly familyName!: string

  @Field(() => PhoneNumberScalar, { nullable: true })
  readonly phone?: string | null

  @Field(() => AddressInput, { nullable: true })
  readonly address?: AddressInput | null
}

/** What is absent stays as it is. */
@InputType('UpdateProfileInput')
export class UpdateProfileInput {
  @Field(() => EmailAddressScalar, { nullable: true })
  readonly email?: string | null

  @Field(() => String, { nullable: true })
  readonly givenName?: string | null

  @Field(() => String, { nullable: true })
  readonly familyName?: string | null

  @Field(() => PhoneNumberScalar, { nullable: true })
  readonly phone?: string | null

  @Field(() => AddressInput, { nullable: true })
  readonly address?: AddressInput | null

  @Field(() => String, { nullable: true })
  readonly timeZone?: string | null

  @Field(() => String, { nullable: true })
  readonly locale?: string | null
}

@ObjectType('ProfileEdge')
export class ProfileEdge {
  @Field(() => ProfileType)
  readonly node!: ProfileType

  @Field(() => String)
  readonly cursor!: string
}

@ObjectType('ProfileConnection')
export class ProfileConnection {
  @Field(() => [ProfileEdge])
  readonly edges!: readonly ProfileEdge[]

  @Field(() => PageInfo)
  readonly pageInfo!: PageInfo
}

@ObjectType('AuditEntry')
export class AuditEntryType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => ID)
  readonly actor!: string

  @Field(() => ID)
  readonly subject!: string

  @Field(() => String)
  readonly action!: string

  @Field(() => [String])
  readonly fields!: readonly string[]

  @Field(() => DateTimeScalar)
  readonly at!: Date
}

@ObjectType('AuditEntryEdge')
export class AuditEntryEdge {
  @Field(() => AuditEntryType)
  readonly node!: AuditEntryType

  @Field(() => String)
  readonly cursor!: string
}

@ObjectType('AuditEntryConnection')
export class AuditEntryConnection {
  @Field(() => [AuditEntryEdge])
  readonly edges!: readonly AuditEntryEdge[]

  @Field(() => PageInfo)
  readonly pageInfo!: PageInfo
}

@Inaccessible()
@ObjectType('EnsuredProfile')
export class EnsuredProfile {
  @Field(() => ID)
  readonly id!: string
}

/** Whom a mail goes to. To send to and forget. */
@Inaccessible()
@ObjectType('MailRecipient')
export class MailRecipient {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly email!: string

  @Field(() => Boolean)
  readonly emailVerified!: boolean

  @Field(() => String, { nullable: true })
  readonly givenName!: string | null

  @Field(() => String)
  readonly locale!: string

  @Field(() => String)
  readonly timeZone!: string
}

/** What the mail says that carries a code. */
@Inaccessible()
@ObjectType('EmailVerification')
export class EmailVerificationType {
  @Field(() => ID)
  readonly id!: string

  @Field(() => String)
  readonly email!: string

  @Field(() => String, { nullable: true })
  readonly givenName!: string | null

  @Field(() => String)
  readonly locale!: string

  @Field(() => String)
  readonly code!: string

  @Field(() => DateTimeScalar)
  readonly expiresAt!: Date
}
