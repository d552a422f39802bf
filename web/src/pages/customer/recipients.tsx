import { useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { browserLocale, countryName } from '../../ui/format.ts'
import { Empty, PageHead, ProblemNotice, Waiting } from '../../ui/states.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { AddRecipient } from './add-recipient.tsx'
import { BENEFICIARIES } from './operations.ts'

const REMOVE_BENEFICIARY = graphql(`
  mutation RemoveBeneficiary($id: ID!) {
    removeBeneficiary(id: $id)
  }
`)

type Beneficiary = ResultOf<typeof BENEFICIARIES>['me']['beneficiaries'][number]

const DELIVERY: Readonly<Record<string, string>> = {
  WALLET: 'Wallet here',
  BANK: 'Bank account',
  CASH_PICKUP: 'Cash pickup',
}

export default function Recipients() {
  const [{ data, error }, reload] = useQuery({ query: BENEFICIARIES })
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<Beneficiary | null>(null)
  const anew = (): void => reload({ requestPolicy: 'network-only' })
  const rows = data?.me.beneficiaries ?? []
  const columns: readonly Column<Beneficiary>[] = [
    { head: 'Name', cell: ({ name }) => <strong>{name}</strong> },
    { head: 'How', cell: ({ delivery }) => DELIVERY[delivery] ?? delivery },
    {
      head: 'Account',
      cell: ({ bankName, accountNumber }) => [bankName, accountNumber].filter(Boolean).join(', ') || '—',
    },
    { head: 'Country', cell: ({ country }) => countryName(country, browserLocale()) },
    { head: 'Currency', cell: ({ currency }) => currency },
    {
      head: 'Actions',
      end: true,
      cell: (row) => (
        <Button kind="plain" onClick={() => setRemoving(row)}>
          Remove<span className="visually-hidden"> {row.name}</span>
        </Button>
      ),
    },
  ]
  return (
    <>
      <PageHead title="Recipients" lead="Who you send money to.">
        <Button onClick={() => setAdding(true)}>Add a recipient</Button>
        {rows.length > 0 && (
          <Link className="button primary" href="/send">
            Send money
          </Link>
        )}
      </PageHead>
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && rows.length === 0 && (
        <Empty title="No recipients yet">
          <p>Add somebody once, and send to them in two steps.</p>
          <Button kind="primary" onClick={() => setAdding(true)}>
            Add your first recipient
          </Button>
        </Empty>
      )}
      {rows.length > 0 && <Table caption="Recipients" columns={columns} rows={rows} keyOf={({ id }) => id} />}
      {adding && (
        <AddRecipient
          onClose={() => {
            setAdding(false)
            anew()
          }}
        />
      )}
      {removing && (
        <RemoveRecipient
          recipient={removing}
          onClose={() => {
            setRemoving(null)
            anew()
          }}
        />
      )}
    </>
  )
}

function RemoveRecipient({ recipient: { id, name }, onClose }: { recipient: Beneficiary; onClose: () => void }) {
  const { run, busy, problem } = useAction(REMOVE_BENEFICIARY)
  const say = useSay()
  const confirm = async (): Promise<void> => {
    if (!(await run({ id }))) return
    say(`${name} is no longer among your recipients.`)
    onClose()
  }
  return (
    <Dialog title={`Remove ${name}?`} onClose={onClose}>
      <div className="body">
        <p>Payments that were already made stay as they are.</p>
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Keep
          </Button>
          <Button kind="danger" busy={busy} onClick={() => void confirm()}>
            Remove
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
