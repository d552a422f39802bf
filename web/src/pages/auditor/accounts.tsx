import { type FormEvent, useMemo, useState } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { usePages } from '../../api/use-pages.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/fields.tsx'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, More, Table } from '../../ui/table.tsx'
import { Money } from '../../ui/values.tsx'
import { accountName } from './account-name.ts'
import { ACCOUNT_STATUS } from './account-status.ts'

const ACCOUNTS = graphql(`
  query Accounts($code: String, $currency: Currency, $after: String) {
    accounts(code: $code, currency: $currency, first: 25, after: $after) {
      edges {
        node { id code currency status posted { amount currency } held { amount currency } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

type Account = ResultOf<typeof ACCOUNTS>['accounts']['edges'][number]['node']
const connectionOf = ({ accounts }: ResultOf<typeof ACCOUNTS>): ResultOf<typeof ACCOUNTS>['accounts'] => accounts

const CODES = ['customer.wallet', 'fx.position', 'income.fees', 'settlement.sandbox', 'suspense.sandbox']

/** Every account of the books, by what it is for and its currency. */
export default function AccountsPage() {
  const [params, setParams] = useSearchParams()
  const code = params.get('code')
  const currency = params.get('currency')
  const variables = useMemo(() => ({ code, currency, after: null }), [code, currency])
  const { rows, error, hasMore, busy, more, reload } = usePages({ query: ACCOUNTS, variables, connectionOf })
  const set = (name: string, value: string): void =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before)
        if (value === '') after.delete(name)
        else after.set(name, value)
        return after
      },
      { replace: true },
    )
  return (
    <>
      <PageHead title="Accounts" lead="Of customers and of the house." />
      <div className="stack">
        <OpenById />
        <search className="card filters">
          <SelectField label="Kind" value={code ?? ''} onChange={(event) => set('code', event.target.value)}>
            <option value="">All</option>
            {CODES.map((one) => (
              <option key={one} value={one}>
                {accountName(one)}
              </option>
            ))}
          </SelectField>
          <TextField
            label="Currency"
            maxLength={3}
            placeholder="USD"
            defaultValue={currency ?? ''}
            onChange={(event) => {
              const typed = event.target.value.toUpperCase()
              if (/^([A-Z]{3})?$/.test(typed)) set('currency', typed)
            }}
          />
        </search>
        <Waiting error={error} hasData={rows !== undefined} onRetry={reload} />
        {rows?.length === 0 && <Empty title="No account fits this filter." />}
        {rows && rows.length > 0 && <Table caption="Accounts" columns={COLUMNS} rows={rows} keyOf={({ id }) => id} />}
        <More hasMore={hasMore} busy={busy} onMore={more} />
      </div>
    </>
  )
}

const COLUMNS: readonly Column<Account>[] = [
  {
    head: 'Account',
    cell: ({ id, code }) => (
      <div>
        <Link href={`/audit/accounts/${id}`}>{accountName(code)}</Link>
        <p className="small quiet mono">{id}</p>
      </div>
    ),
  },
  { head: 'State', cell: ({ status }) => <Status words={ACCOUNT_STATUS} state={status} /> },
  { head: 'On hold', end: true, cell: ({ held }) => <Money value={held} /> },
  { head: 'Balance', end: true, cell: ({ posted }) => <Money value={posted} /> },
]

/** An id that was found elsewhere: a wallet's is its account's. */
function OpenById() {
  const [id, setId] = useState('')
  const [kind, setKind] = useState('accounts')
  const [, go] = useLocation()
  const open = (event: FormEvent): void => {
    event.preventDefault()
    if (id.trim() !== '') go(`/audit/${kind}/${encodeURIComponent(id.trim())}`)
  }
  return (
    <form className="card filters" onSubmit={open}>
      <SelectField label="Open" value={kind} onChange={(event) => setKind(event.target.value)}>
        <option value="accounts">An account</option>
        <option value="transfers">A transfer</option>
      </SelectField>
      <TextField label="Id" value={id} onChange={(event) => setId(event.target.value)} autoComplete="off" />
      <Button type="submit">Open</Button>
    </form>
  )
}
