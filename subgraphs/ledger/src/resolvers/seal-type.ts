import { DateTimeScalar } from '@corridor/subgraph'
import { Field, Int, ObjectType } from 'type-graphql'

@ObjectType('TransferSeal', {
  description:
    'An inclusion proof in a Merkle tree (RFC 6962) over one sealed block of transfers; blocks are chained by hash. All hex.',
})
export class TransferSealType {
  @Field(() => String)
  readonly block!: string

  @Field(() => Int)
  readonly index!: number

  @Field(() => Int)
  readonly size!: number

  @Field(() => String, { description: 'The record in its canonical bytes, so that anybody can hash it again.' })
  readonly leaf!: string

  @Field(() => String)
  readonly leafHash!: string

  @Field(() => [String])
  readonly path!: readonly string[]

  @Field(() => String)
  readonly root!: string

  @Field(() => String)
  readonly blockHash!: string

  @Field(() => String)
  readonly previousBlockHash!: string

  @Field(() => String, { description: 'Of the block hash, as LedgerBlock.signature.' })
  readonly signature!: string

  @Field(() => DateTimeScalar)
  readonly sealedAt!: Date
}

@ObjectType('LedgerBlock')
export class LedgerBlockType {
  @Field(() => String)
  readonly number!: string

  @Field(() => Int)
  readonly size!: number

  @Field(() => String)
  readonly root!: string

  @Field(() => String)
  readonly blockHash!: string

  @Field(() => String)
  readonly previousBlockHash!: string

  @Field(() => String, {
    description: 'Ed25519 over the block hash; keys at /.well-known/jwks.json of the router.',
  })
  readonly signature!: string

  @Field(() => DateTimeScalar)
  readonly sealedAt!: Date
}
