import { type Clock, orThrow, type Pool } from '@corridor/platform'
import { DateTimeScalar, parseDateTime, RequiresScopes, type SubgraphContext } from '@corridor/subgraph'
import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver, registerEnumType } from 'type-graphql'
import { openDownload } from '../use-cases/downloads.ts'

export enum DownloadFormatEnum {
  CSV = 'CSV',
  JSON_LINES = 'JSON_LINES',
  HTML = 'HTML',
}
registerEnumType(DownloadFormatEnum, { name: 'DownloadFormat' })

@InputType('DownloadInput')
export class DownloadInput {
  @Field(() => ID, { nullable: true, description: 'Absent: the whole books, for ledger:audit.' })
  readonly walletId?: string | null

  @Field(() => DateTimeScalar)
  readonly from!: string

  @Field(() => DateTimeScalar)
  readonly to!: string

  @Field(() => DownloadFormatEnum)
  readonly format!: DownloadFormatEnum
}

@ObjectType('Download')
export class DownloadType {
  @Field(() => String)
  readonly url!: string

  @Field(() => DateTimeScalar)
  readonly expiresAt!: Date
}

@Resolver()
export class DownloadResolver {
  constructor(private readonly deps: { pool: Pool; clock: Clock; publicUrl: string }) {}

  @RequiresScopes('ledger:read')
  @Mutation(() => DownloadType, {
    description: "A wallet's statement, or an export of the books; the address works once, for five minutes.",
  })
  async requestDownload(
    @Arg('input', () => DownloadInput) input: DownloadInput,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<DownloadType> {
    const request = {
      accountId: input.walletId ?? null,
      from: orThrow(parseDateTime(input.from, 'input.from')),
      to: orThrow(parseDateTime(input.to, 'input.to')),
      format: input.format,
    }
    const { token, expiresAt } = orThrow(await openDownload(this.deps, { caller, request }))
    return { url: new URL(`/downloads/${token}`, this.deps.publicUrl).href, expiresAt }
  }
}
