import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { DateTime, Money } from '../../ui/values.tsx'
import { accountName } from './account-name.ts'
import { TRANSFER_STATE } from './account-status.ts'
import { Proof } from './proof.tsx'

const TRANSFER = graphql(`
  query Transfer($id: ID!) {
    transfer(id: $id) {
      id
      journalId
      debitAccount { id }
      creditAccount { id }
      debitAccountCode
      creditAccountCode
      amount { amount currency }
      postedAmount { amount currency }
      state
      resolves
      description
      createdAt
      expiresAt
      seal { block index size leaf leafHash path root blockHash previousBlockHash sealedAt signature }
    }
  }
`)

export type Transfer = NonNullable<ResultOf<typeof TRANSFER>['transfer']>

/** One row of the books, and the proof that it is in them. */
export default function TransferPage({ id = '' }: { id?: string }) {
  const [{ data, error }, reload] = useQuery({ query: TRANSFER, variables: { id } })
  const transfer = data?.transfer
  return (
    <>
      <PageHead title="Transfer" lead={<span className="mono">{id}</span>} />
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && !transfer && <Empty title="There is no such transfer." />}
      {transfer && (
        <div className="stack">
          <Facts transfer={transfer} />
          <Proof key={transfer.id} transfer={transfer} onReload={() => reload({ requestPolicy: 'network-only' })} />
        </div>
      )}
    </>
  )
}

function Facts({ transfer }: { transfer: Transfer }) {
  const { debitAccount, creditAccount, debitAccountCode, creditAccountCode, resolves, expiresAt } = transfer
  return (
    <dl className="card facts">
      <dt>Amount</dt>
      <dd>
        <Money value={transfer.amount} strong />
      </dd>
      <dt>From</dt>
      <dd>
        <AccountLink id={debitAccount?.id} code={debitAccountCode} />
      </dd>
      <dt>To</dt>
      <dd>
        <AccountLink id={creditAccount?.id} code={creditAccountCode} />
      </dd>
      <dt>State</dt>
      <dd>
        <Status words={TRANSFER_STATE} state={transfer.state} />
      </dd>
      <dt>Recorded</dt>
      <dd>
        <DateTime at={transfer.createdAt} />
      </dd>
      {expiresAt && (
        <>
          <dt>Hold ends</dt>
          <dd>
            <DateTime at={expiresAt} />
          </dd>
        </>
      )}
      {resolves && (
        <>
          <dt>Settles the hold</dt>
          <dd>
            <Link className="mono" href={`/audit/transfers/${resolves}`}>
              {resolves}
            </Link>
          </dd>
        </>
      )}
      <dt>Journal</dt>
      <dd className="mono">{transfer.journalId}</dd>
    </dl>
  )
}

function AccountLink({ id, code }: { id: string | undefined; code: string }) {
  return id ? <Link href={`/audit/accounts/${id}`}>{accountName(code)}</Link> : accountName(code)
}
