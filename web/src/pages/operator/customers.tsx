import { type FormEvent, useMemo, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { usePages } from '../../api/use-pages.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/fields.tsx'
import { browserLocale, countryName } from '../../ui/format.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, More, Table } from '../../ui/table.tsx'
import { DateTime } from '../../ui/values.tsx'
import { KYC_STATUS } from '../../ui/words.ts'

const CUSTOMERS = graphql(`
  query Customers($search: String, $kycStatus: KycStatus, $after: String) {
    profiles(search: $search, kycStatus: $kycStatus, first: 25, after: $after) {
      edges {
        node { id username givenName familyName country createdAt kyc { status level } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

type Customers = ResultOf<typeof CUSTOMERS>['profiles']
type Customer = Customers['edges'][number]['node']
type KycStatus = Customer['kyc']['status']
const connectionOf = ({ profiles }: ResultOf<typeof CUSTOMERS>): Customers => profiles
const isKycStatus = (value: string | null): value is KycStatus => value !== null && value in KYC_STATUS

export default function CustomersPage() {
  const [params, setParams] = useSearchParams()
  const search = params.get('search')
  const kyc = params.get('kyc')
  const kycStatus = isKycStatus(kyc) ? kyc : null
  const variables = useMemo(() => ({ search, kycStatus, after: null }), [search, kycStatus])
  const { rows, error, hasMore, busy, more, reload } = usePages({ query: CUSTOMERS, variables, connectionOf })
  const set = (name: string, value: string): void =>
    setParams((before) => {
      const after = new URLSearchParams(before)
      if (value === '') after.delete(name)
      else after.set(name, value)
      return after
    })
  return (
    <>
      <PageHead title="Customers" lead="Everybody with a profile, and how far each is verified." />
      <div className="stack">
        <search className="card filters">
          <SearchField key={search} value={search ?? ''} onSearch={(value) => set('search', value)} />
          <SelectField label="Verification" value={kyc ?? ''} onChange={(event) => set('kyc', event.target.value)}>
            <option value="">All</option>
            {Object.entries(KYC_STATUS).map(([value, { text }]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </SelectField>
        </search>
        <Waiting error={error} hasData={rows !== undefined} onRetry={reload} />
        {rows?.length === 0 && (
          <Empty title="Nobody fits">
            <p>Personal data is encrypted: only a whole e-mail address, phone number or user name is found.</p>
          </Empty>
        )}
        {rows && rows.length > 0 && <Table caption="Customers" columns={COLUMNS} rows={rows} keyOf={({ id }) => id} />}
        <More hasMore={hasMore} busy={busy} onMore={more} />
      </div>
    </>
  )
}

function SearchField({ value, onSearch }: { value: string; onSearch: (value: string) => void }) {
  const [typed, setTyped] = useState(value)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onSearch(typed.trim())
  }
  return (
    <form className="row" onSubmit={submit}>
      <TextField
        label="E-mail, phone or user name"
        type="search"
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button type="submit">Search</Button>
    </form>
  )
}

/** The name where it is known, else the user name. */
export const nameOf = ({ givenName, familyName, username }: Pick<Customer, 'givenName' | 'familyName' | 'username'>) =>
  [givenName, familyName].filter(Boolean).join(' ') || username

const COLUMNS: readonly Column<Customer>[] = [
  {
    head: 'Customer',
    cell: (customer) => <Link href={`/customers/${customer.id}`}>{nameOf(customer)}</Link>,
  },
  { head: 'User name', cell: ({ username }) => username },
  { head: 'Country', cell: ({ country }) => (country ? countryName(country, browserLocale()) : 'Not known') },
  { head: 'Verification', cell: ({ kyc }) => <Status words={KYC_STATUS} state={kyc.status} /> },
  { head: 'Since', cell: ({ createdAt }) => <DateTime at={createdAt} show="day" /> },
]
