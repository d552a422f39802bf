import { orThrow } from '@corridor/platform'
import { InternalField, parseDateTime } from '@corridor/subgraph'
import { Arg, ID, Mutation, Resolver } from 'type-graphql'
import type { JournalResult } from '../domain/journal.ts'
import type { LedgerUseCases } from '../use-cases/ledger-use-cases.ts'
import { AccountStatusEnum } from './account-type.ts'
import {
  AccountStatusResult,
  JournalInput,
  JournalResultType,
  JournalStatusEnum,
  LedgerAccountInfo,
  OpenAccountInput,
} from './journal-types.ts'

/** The ledger's doors for the platform's own services. */
@Resolver()
export class JournalResolver {
  constructor(private readonly useCases: LedgerUseCases) {}

  @InternalField('wallet-service')
  @Mutation(() => [LedgerAccountInfo])
  async openLedgerAccounts(
    @Arg('accounts', () => [OpenAccountInput]) accounts: OpenAccountInput[],
  ): Promise<readonly LedgerAccountInfo[]> {
    return orThrow(await this.useCases.openAccounts(accounts))
  }

  @InternalField('payment-service', 'payment-processor')
  @Mutation(() => [JournalResultType])
  async postJournals(
    @Arg('journals', () => [JournalInput]) journals: JournalInput[],
  ): Promise<readonly JournalResultType[]> {
    const drafts = journals.map((journal, j) => ({
      ...journal,
      transfers: journal.transfers.map((transfer, t) => ({
        ...transfer,
        expiresAt: transfer.expiresAt
          ? orThrow(parseDateTime(transfer.expiresAt, `journals.${j}.transfers.${t}.expiresAt`))
          : null,
      })),
    }))
    return orThrow(await this.useCases.postJournals(drafts)).map(toResultType)
  }

  @InternalField('payment-service', 'payment-processor')
  @Mutation(() => [JournalResultType])
  async retireJournals(@Arg('ids', () => [ID]) ids: string[]): Promise<readonly JournalResultType[]> {
    return orThrow(await this.useCases.retireJournals(ids)).map(toResultType)
  }

  @InternalField('wallet-service')
  @Mutation(() => AccountStatusResult)
  async setAccountStatus(
    @Arg('id', () => ID) id: string,
    @Arg('status', () => AccountStatusEnum) status: AccountStatusEnum,
  ): Promise<AccountStatusResult> {
    const result = await this.useCases.setAccountStatus({ id, status })
    return result.ok
      ? { id, status: AccountStatusEnum[result.value.status], version: String(result.value.version) }
      : { id, code: result.code, message: result.message }
  }
}

function toResultType(result: JournalResult): JournalResultType {
  const { id } = result
  const status = JournalStatusEnum[result.status]
  if (result.status !== 'REFUSED') return { id, status, postedAt: result.status === 'POSTED' ? result.decidedAt : null }
  return { id, status, code: result.code, message: result.message, transferIndex: result.transferIndex }
}
