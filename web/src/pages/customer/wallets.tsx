import { useQuery, useSubscription } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { Money } from '../../ui/values.tsx'
import { WALLET_STATUS } from '../../ui/words.ts'

const MY_WALLETS = graphql(`
  query MyWallets {
    myWallets {
      id
      name
      currency
      status
      balance { posted { amount currency } held { amount currency } available { amount currency } }
    }
  }
`)

const BALANCE_CHANGED = graphql(`
  subscription BalanceChanged($walletId: ID!) {
    balanceChanged(walletId: $walletId) {
      id
      status
      balance { posted { amount currency } held { amount currency } available { amount currency } }
    }
  }
`)

type Wallet = ResultOf<typeof MY_WALLETS>['myWallets'][number]

export default function Wallets() {
  const [{ data, error }, reload] = useQuery({ query: MY_WALLETS })
  return (
    <>
      <PageHead title="Wallets" lead="Your balances, as they stand this moment." />
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data?.myWallets.length === 0 && <Empty title="No wallets yet" />}
      {data && (
        <div className="grid">
          {data.myWallets.map((wallet) => (
            <WalletCard key={wallet.id} wallet={wallet} />
          ))}
        </div>
      )}
    </>
  )
}

function WalletCard({ wallet }: { wallet: Wallet }) {
  const [{ data }] = useSubscription({ query: BALANCE_CHANGED, variables: { walletId: wallet.id } })
  const balance = data?.balanceChanged.balance ?? wallet.balance
  return (
    <article className="card stack tight">
      <div className="row apart">
        <h2>{wallet.name}</h2>
        <Status words={WALLET_STATUS} state={wallet.status} />
      </div>
      {balance && <Money value={balance.available} strong />}
    </article>
  )
}
