import { useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { Button } from '../../ui/button.tsx'
import { browserLocale, currencyName } from '../../ui/format.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { Money } from '../../ui/values.tsx'
import { WALLET_STATUS } from '../../ui/words.ts'
import { OpenWallet } from './open-wallet.tsx'
import { MY_WALLETS } from './operations.ts'
import { useLiveWallet, type Wallet } from './use-balance.ts'

/** Named by its type, so that a wallet that is opened as the first of them is noticed. */
const CONTEXT = { additionalTypenames: ['Wallet'] }

export default function Wallets() {
  const [{ data, error }, reload] = useQuery({ query: MY_WALLETS, context: CONTEXT })
  const [opening, setOpening] = useState(false)
  const wallets = data?.myWallets ?? []
  return (
    <>
      <PageHead title="Wallets" lead="Your balances, as they stand this moment.">
        <Button onClick={() => setOpening(true)}>Open a wallet</Button>
      </PageHead>
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && wallets.length === 0 && (
        <Empty title="You have no wallet yet">
          <p>A wallet holds money in one currency. Open one to deposit, send and receive.</p>
          <Button kind="primary" onClick={() => setOpening(true)}>
            Open your first wallet
          </Button>
        </Empty>
      )}
      <div className="grid">
        {wallets.map((wallet) => (
          <WalletCard key={wallet.id} wallet={wallet} />
        ))}
      </div>
      {opening && <OpenWallet onClose={() => setOpening(false)} />}
    </>
  )
}

function WalletCard({ wallet }: { wallet: Wallet }) {
  const { id, name, currency, status, balance } = useLiveWallet(wallet)
  return (
    <article className="card stack tight" aria-label={name}>
      <div className="row apart">
        <h2>
          <Link href={`/wallets/${id}`}>{name}</Link>
        </h2>
        {status !== 'ACTIVE' && <Status words={WALLET_STATUS} state={status} />}
      </div>
      <p className="quiet small">{currencyName(currency, browserLocale())}</p>
      <p className="figure">{balance ? <Money value={balance.available} strong /> : 'Not known right now'}</p>
      <OnHold balance={balance} />
    </article>
  )
}

/** What is in the wallet and not available: for a payment that is on its way. */
export function OnHold({ balance }: { balance: Wallet['balance'] }) {
  if (!balance || /^0(\.0*)?$/.test(balance.held.amount)) return null
  return (
    <p className="quiet small">
      <Money value={balance.held} /> on hold for payments on their way
    </p>
  )
}
