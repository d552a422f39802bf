import type { ResultOf } from '../../api/graphql.ts'
import { useEvents } from '../../session/use-events.ts'
import { BALANCE_CHANGED, type MY_WALLETS } from './operations.ts'

export type Wallet = ResultOf<typeof MY_WALLETS>['myWallets'][number]

type Change = ResultOf<typeof BALANCE_CHANGED>['balanceChanged']

const NOTHING_HEARD: Change | null = null as Change | null

/** The wallet with its balance and state as they stand this moment. */
export function useLiveWallet<T extends Pick<Wallet, 'id' | 'status' | 'balance'>>(wallet: T): T {
  const { state: live } = useEvents({
    query: BALANCE_CHANGED,
    variables: { walletId: wallet.id },
    initial: NOTHING_HEARD,
    fold: (_, { balanceChanged }) => balanceChanged,
  })
  return live ? { ...wallet, status: live.status, balance: live.balance ?? wallet.balance } : wallet
}
