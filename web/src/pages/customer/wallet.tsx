import { useState } from 'react'
import { useQuery } from 'urql'
import { Link, useLocation } from 'wouter'
import { graphql } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Empty, PageHead, ProblemNotice, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { Money } from '../../ui/values.tsx'
import { WALLET_STATUS } from '../../ui/words.ts'
import { Deposit, Withdraw } from './fund.tsx'
import { PaymentList } from './payment-list.tsx'
import { Statement } from './statement.tsx'
import { useLiveWallet, type Wallet as WalletData } from './use-balance.ts'
import { OnHold } from './wallets.tsx'

const WALLET = graphql(`
  query Wallet($id: ID!) {
    wallet(id: $id) {
      id
      name
      currency
      status
      balance { posted { amount currency } held { amount currency } available { amount currency } }
    }
  }
`)

const CLOSE_WALLET = graphql(`
  mutation CloseWallet($id: ID!) {
    closeWallet(id: $id) { id status }
  }
`)

export default function Wallet({ id = '' }: { id?: string }) {
  const [{ data, error }, reload] = useQuery({ query: WALLET, variables: { id } })
  if (data?.wallet) return <WalletOf wallet={data.wallet} />
  return (
    <>
      <PageHead title="Wallet" />
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && <Empty title="There is no such wallet, or it is not yours." />}
    </>
  )
}

type Open = 'deposit' | 'withdraw' | 'statement' | 'close' | null

function WalletOf({ wallet: given }: { wallet: WalletData }) {
  const wallet = useLiveWallet(given)
  const [open, setOpen] = useState<Open>(null)
  const close = (): void => setOpen(null)
  const { id, name, status, balance } = wallet
  const isActive = status === 'ACTIVE'
  return (
    <>
      <PageHead title={name} lead={<Status words={WALLET_STATUS} state={status} />}>
        {isActive && <Button onClick={() => setOpen('deposit')}>Deposit</Button>}
        {isActive && <Button onClick={() => setOpen('withdraw')}>Withdraw</Button>}
        {isActive && (
          <Link className="button primary" href={`/send?from=${id}`}>
            Send money
          </Link>
        )}
      </PageHead>
      <div className="stack">
        <section className="card stack tight" aria-label="Balance">
          <p className="quiet">Available</p>
          <p className="figure">{balance ? <Money value={balance.available} strong /> : 'Not known right now'}</p>
          <OnHold balance={balance} />
          <p className="quiet small">
            Wallet number, for whoever sends you money: <span className="mono">{id}</span>
          </p>
        </section>
        <div className="row apart">
          <h2>Payments of this wallet</h2>
          <div className="row">
            <Button onClick={() => setOpen('statement')}>Statement</Button>
            {isActive && (
              <Button kind="plain" onClick={() => setOpen('close')}>
                Close wallet
              </Button>
            )}
          </div>
        </div>
        <PaymentList filter={{ walletId: id }} empty="Nothing has gone in or out of this wallet yet." />
      </div>
      {open === 'deposit' && <Deposit wallet={wallet} onClose={close} />}
      {open === 'withdraw' && <Withdraw wallet={wallet} onClose={close} />}
      {open === 'statement' && <Statement walletId={id} name={name} onClose={close} />}
      {open === 'close' && <CloseWallet wallet={wallet} onClose={close} />}
    </>
  )
}

function CloseWallet({ wallet: { id, name }, onClose }: { wallet: WalletData; onClose: () => void }) {
  const { run, busy, problem } = useAction(CLOSE_WALLET)
  const [, go] = useLocation()
  const say = useSay()
  const confirm = async (): Promise<void> => {
    if (!(await run({ id }))) return
    say(`${name} is closed.`)
    go('/wallets')
  }
  return (
    <Dialog title={`Close ${name}?`} onClose={onClose}>
      <div className="body">
        <p>A closed wallet stays closed. It must be empty, with nothing on hold.</p>
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Keep it
          </Button>
          <Button kind="danger" busy={busy} onClick={() => void confirm()}>
            Close wallet
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
