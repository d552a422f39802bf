import { type FormEvent, useState } from 'react'
import { Link } from 'wouter'
import { graphql } from '../../api/graphql.ts'
import { useMay } from '../../session/context.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/fields.tsx'
import { Empty, ProblemNotice } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { Money } from '../../ui/values.tsx'
import { WALLET_STATUS } from '../../ui/words.ts'
import type { Customer } from './customer.tsx'

type Wallet = NonNullable<Customer['wallets']>[number]

const FREEZE = graphql(`
  mutation FreezeWallet($id: ID!, $reason: String!) {
    freezeWallet(id: $id, reason: $reason) { id status }
  }
`)

const UNFREEZE = graphql(`
  mutation UnfreezeWallet($id: ID!) {
    unfreezeWallet(id: $id) { id status }
  }
`)

/** A customer's wallets, to be frozen and unfrozen by those who may. */
export function WalletsOf({ wallets, onChange }: { wallets: readonly Wallet[]; onChange: () => void }) {
  const mayFreeze = useMay('wallets:admin')
  const mayAudit = useMay('ledger:audit')
  const [freezing, setFreezing] = useState<Wallet | null>(null)
  const unfreeze = useAction(UNFREEZE)
  const say = useSay()
  const thaw = async ({ id, name }: Wallet): Promise<void> => {
    if (!(await unfreeze.run({ id }))) return
    say(`${name} is active again.`)
    onChange()
  }
  const columns: readonly Column<Wallet>[] = [
    {
      head: 'Wallet',
      cell: ({ id, name }) => (mayAudit ? <Link href={`/audit/accounts/${id}`}>{name}</Link> : name),
    },
    { head: 'State', cell: ({ status }) => <Status words={WALLET_STATUS} state={status} /> },
    { head: 'On hold', end: true, cell: ({ balance }) => balance && <Money value={balance.held} /> },
    { head: 'Available', end: true, cell: ({ balance }) => balance && <Money value={balance.available} strong /> },
    ...(mayFreeze
      ? [
          {
            head: 'Action',
            end: true,
            cell: (wallet: Wallet) => {
              if (wallet.status === 'ACTIVE') {
                return (
                  <Button kind="danger" aria-label={`Freeze ${wallet.name}`} onClick={() => setFreezing(wallet)}>
                    Freeze
                  </Button>
                )
              }
              if (wallet.status !== 'FROZEN') return null
              return (
                <Button aria-label={`Unfreeze ${wallet.name}`} busy={unfreeze.busy} onClick={() => void thaw(wallet)}>
                  Unfreeze
                </Button>
              )
            },
          },
        ]
      : []),
  ]
  const close = (): void => setFreezing(null)
  return (
    <section className="stack section" aria-labelledby="wallets">
      <h2 id="wallets">Wallets</h2>
      {unfreeze.problem && <ProblemNotice problem={unfreeze.problem} />}
      {wallets.length === 0 && <Empty title="This customer has no wallet yet." />}
      {wallets.length > 0 && <Table caption="Wallets" columns={columns} rows={wallets} keyOf={({ id }) => id} />}
      {freezing && <Freeze wallet={freezing} onClose={close} onFrozen={onChange} />}
    </section>
  )
}

function Freeze({ wallet, onClose, onFrozen }: { wallet: Wallet; onClose: () => void; onFrozen: () => void }) {
  const { run, busy, problem } = useAction(FREEZE)
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const say = useSay()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setMissing(reason.trim() === '')
    if (reason.trim() === '' || !(await run({ id: wallet.id, reason: reason.trim() }))) return
    say(`${wallet.name} is frozen.`)
    onClose()
    onFrozen()
  }
  return (
    <Dialog title={`Freeze ${wallet.name}?`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <p>Nothing new goes in or out. What is already on its way is still finished or given back.</p>
        <TextField
          label="Reason"
          maxLength={500}
          problem={missing ? 'Say why the wallet is frozen.' : null}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Leave it
          </Button>
          <Button kind="danger" type="submit" busy={busy}>
            Freeze
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
