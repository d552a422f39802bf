import { useSubscription } from 'urql'
import type { ResultOf } from '../../api/graphql.ts'
import { BALANCE_CHANGED, type MY_WALLETS } from './operations.ts'

export type Wallet = ResultOf<typeof MY_WALLETS>['myWallets'][number]

/** The wallet with its balance and state as they stand this moment. */
export function useLiveWallet<T extends Pick<Wallet, 'id' | 'status' | 'balance'>>(wallet: T): T {
  const [{ data }] = useSubscription({ query: BALANCE_CHANGED, variables: { walletId: wallet.id } })
  const live = data?.balanceChanged
  return live ? { ...wallet, status: live.status, balance: live.balance ?? wallet.balance } : wallet
}
