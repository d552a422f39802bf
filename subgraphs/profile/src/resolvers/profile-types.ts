import {
  CountryCodeScalar,
  DateTimeScalar,
  EmailAddressScalar,
  Inaccessible,
  Key,
  PhoneNumberScalar,
} from '@corridor/subgraph'
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql'

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

@Inaccessible()
@ObjectType('EnsuredProfile')
export class EnsuredProfile {
  @Field(() => ID)
  readonly id!: string
}
