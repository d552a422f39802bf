import { enqueueEvents, queueChannel } from '@corridor/events'
import {
  accept,
  type Caller,
  type Clock,
  type EntityManager,
  hasScope,
  type IdempotencyKeys,
  idempotencyScope,
  invariant,
  isText,
  isUuid,
  LockMode,
  type MikroORM,
  RefusalError,
  type Result,
  refuse,
  sqlOf,
  uuidv5,
  type Wakeups,
} from '@corridor/platform'
import { parseCurrency } from '@corridor/subgraph'
import { Wallet, WalletStatus } from '../entities/wallet.ts'
import type { LedgerPort, ProfilePort } from './ports.ts'

export interface WalletDeps {
  readonly orm: MikroORM
  readonly ledger: LedgerPort
  readonly profiles: ProfilePort
  readonly keys: IdempotencyKeys
  readonly clock: Clock
  readonly wakeups: Wakeups
}

const WALLET_NAMESPACE = '0b9d2f5e-6f3c-5b1a-8a44-7d2f0c1e9b35'
const MAX_NAME_LENGTH = 100
const MAX_REASON_LENGTH = 500
const MAX_WALLETS_PER_OWNER = 100

/** Wallets are opened, frozen, unfrozen and closed: the ledger decides first, the wallet follows. */
export class WalletUseCases {
  constructor(private readonly deps: WalletDeps) {}

  /** Opens a wallet for the caller: first the ledger's account, then the wallet of the same id. */
  async openWallet(
    caller: Caller,
    { idempotencyKey: key, currency, name }: { idempotencyKey: string; currency: string; name: string | null },
  ): Promise<Result<Wallet>> {
    const { keys, orm, ledger, profiles } = this.deps
    const owner = caller.subject
    invariant(owner !== null, 'a wallet is a user’s')
    const parsed = parseCurrency(currency, 'input.currency')
    if (!parsed.ok) return parsed
    const title = name?.trim() ?? `${currency} wallet`
    if (!isText(title, MAX_NAME_LENGTH)) {
      return refuse('BAD_USER_INPUT', `input.name has 1 to ${MAX_NAME_LENGTH} characters.`, 'input.name')
    }
    const call = { scope: idempotencyScope(caller), key, operation: 'openWallet', input: { currency, name } }
    const em = orm.em.fork()
    const known = await keys.find(sqlOf(em), call)
    if (known) return known.ok ? accept(await em.findOneOrFail(Wallet, known.value.resultId)) : known
    // Nobody is asked in vain; what counts is counted again where the wallet is written.
    const mayOpen = await mayOpenWallet(em, owner)
    if (!mayOpen.ok) return mayOpen
    await profiles.ensure(caller)
    const id = uuidv5(`${call.scope}\n${key}`, WALLET_NAMESPACE)
    await ledger.openAccount({ id, currency, owner })
    return await this.inTransaction(async (tx) => {
      const claim = await keys.claim(sqlOf(tx), { ...call, resultId: id })
      if (!claim.ok) return claim
      if (!claim.value.first) return accept(await tx.findOneOrFail(Wallet, claim.value.resultId))
      await sqlOf(tx).query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`wallets:${owner}`])
      const stillMay = await mayOpenWallet(tx, owner)
      if (!stillMay.ok) return stillMay
      const now = this.deps.clock.now()
      const state = {
        status: WalletStatus.ACTIVE,
        statusReason: null,
        accountVersion: 0n,
        createdAt: now,
        updatedAt: now,
      }
      const wallet = tx.create(Wallet, { id, ownerId: owner, name: title, currency, ...state })
      await tx.flush()
      await this.announce(tx, wallet, 'wallet.opened')
      return accept(wallet)
    })
  }

  /** Takes a wallet out of use; what is pending is still resolved. */
  async freezeWallet(id: string, reason: string): Promise<Result<Wallet>> {
    const text = reason.trim()
    if (!isText(text, MAX_REASON_LENGTH)) {
      return refuse('BAD_USER_INPUT', `reason has 1 to ${MAX_REASON_LENGTH} characters.`, 'reason')
    }
    return await this.changeStatus(id, { status: WalletStatus.FROZEN, account: 'FROZEN', reason: text })
  }

  async unfreezeWallet(id: string, caller: Caller): Promise<Result<Wallet>> {
    const wallet = isUuid(id) ? await this.deps.orm.em.fork().findOne(Wallet, id) : null
    if (wallet && wallet.ownerId === caller.subject) return refuse('FORBIDDEN', 'Nobody unfreezes his own wallet.')
    return await this.changeStatus(id, { status: WalletStatus.ACTIVE, account: 'OPEN', reason: null })
  }

  /** Closes the caller's own wallet for ever: nothing may be posted on it, and nothing pending. */
  async closeWallet(id: string, caller: Caller): Promise<Result<Wallet>> {
    const wallet = isUuid(id) ? await this.deps.orm.em.fork().findOne(Wallet, id) : null
    if (!wallet || wallet.ownerId !== caller.subject) return refuse('NOT_FOUND')
    return await this.changeStatus(id, { status: WalletStatus.CLOSED, account: 'CLOSED', reason: null })
  }

  /** Wallets by id, those that do not exist left out. */
  async wallets(ids: readonly string[]): Promise<Map<string, Wallet>> {
    const found = await this.deps.orm.em.fork().find(Wallet, { id: { $in: ids.filter(isUuid) } })
    return new Map(found.map((wallet) => [wallet.id, wallet]))
  }

  /** The wallets of each owner, oldest first. */
  async walletsOf(owners: readonly string[]): Promise<Map<string, Wallet[]>> {
    const found = await this.deps.orm.em
      .fork()
      .find(Wallet, { ownerId: { $in: owners.filter(isUuid) } }, { orderBy: { createdAt: 'asc', id: 'asc' } })
    return Map.groupBy(found, (wallet) => wallet.ownerId)
  }

  private async changeStatus(
    id: string,
    change: { status: WalletStatus; account: 'OPEN' | 'FROZEN' | 'CLOSED'; reason: string | null },
  ): Promise<Result<Wallet>> {
    const known = isUuid(id) ? await this.deps.orm.em.fork().findOne(Wallet, id) : null
    if (!known) return refuse('NOT_FOUND')
    const decided = await this.deps.ledger.setAccountStatus(id, change.account)
    if (!decided.ok) return decided
    return await this.inTransaction(async (tx) => {
      const wallet = await tx.findOneOrFail(Wallet, id, { lockMode: LockMode.PESSIMISTIC_WRITE })
      // The ledger has decided otherwise since, and whoever brought that about was here first.
      if (wallet.accountVersion > decided.value) return accept(wallet)
      wallet.accountVersion = decided.value
      if (wallet.status === change.status) return accept(wallet)
      wallet.status = change.status
      wallet.statusReason = change.reason
      wallet.updatedAt = this.deps.clock.now()
      await tx.flush()
      await this.announce(tx, wallet, `wallet.${change.status.toLowerCase()}`)
      return accept(wallet)
    })
  }

  private async announce(tx: EntityManager, { id, ownerId, currency, status }: Wallet, type: string): Promise<void> {
    const data = { walletId: id, owner: ownerId, currency, status }
    await enqueueEvents(sqlOf(tx), [{ topic: 'wallet.events', key: id, type, data }])
  }

  /** One transaction of entities and SQL alike; a refusal rolls it back. */
  private async inTransaction(work: (tx: EntityManager) => Promise<Result<Wallet>>): Promise<Result<Wallet>> {
    try {
      const result = await this.deps.orm.em.fork().transactional(async (tx) => {
        const outcome = await work(tx as EntityManager)
        if (!outcome.ok) throw new RefusalError(outcome)
        return outcome
      })
      this.deps.wakeups.wake(queueChannel('wallet'))
      return result
    } catch (error) {
      if (error instanceof RefusalError) return error.refusal
      throw error
    }
  }
}

const mayOpenWallet = async (em: EntityManager, ownerId: string): Promise<Result<null>> =>
  (await em.count(Wallet, { ownerId })) < MAX_WALLETS_PER_OWNER
    ? accept(null)
    : refuse('LIMIT_EXCEEDED', `A customer has at most ${MAX_WALLETS_PER_OWNER} wallets.`)

/** Whether a wallet is the caller's to see: his own, or any for staff. */
export const maySeeWallet = (caller: Caller, { ownerId }: Wallet): boolean =>
  (caller.kind === 'user' && caller.subject === ownerId) ||
  hasScope(caller, 'wallets:admin') ||
  hasScope(caller, 'ledger:audit')
