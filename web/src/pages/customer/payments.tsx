import { useMemo } from 'react'
import { useQuery } from 'urql'
import { useSearchParams } from 'wouter'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/fields.tsx'
import { PageHead } from '../../ui/states.tsx'
import { PAYMENT_KIND, PAYMENT_STATUS } from '../../ui/words.ts'
import { MY_WALLETS } from './operations.ts'
import { type PaymentFilter, PaymentList } from './payment-list.tsx'

const FIELDS = ['status', 'kind', 'walletId', 'from', 'to'] as const
type FieldName = (typeof FIELDS)[number]

/** The filter stands in the page's address, so that it can be kept and sent. */
export default function Payments() {
  const [params, setParams] = useSearchParams()
  const [{ data }] = useQuery({ query: MY_WALLETS })
  const text = params.toString()
  const filter = useMemo(() => filterOf(new URLSearchParams(text)), [text])
  const set = (name: FieldName, value: string): void =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before)
        if (value === '') after.delete(name)
        else after.set(name, value)
        return after
      },
      { replace: true },
    )
  const bind = (name: FieldName) => ({
    value: params.get(name) ?? '',
    onChange: (event: { target: { value: string } }) => set(name, event.target.value),
  })
  const isFiltered = FIELDS.some((name) => params.has(name))
  return (
    <>
      <PageHead title="Payments" lead="Everything that went in and out, newest first." />
      <div className="stack">
        <search className="card filters">
          <SelectField label="State" {...bind('status')}>
            <option value="">All</option>
            {Object.entries(PAYMENT_STATUS).map(([value, { text: label }]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
          <SelectField label="Kind" {...bind('kind')}>
            <option value="">All</option>
            {Object.entries(PAYMENT_KIND).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
          <SelectField label="Wallet" {...bind('walletId')}>
            <option value="">All</option>
            {(data?.myWallets ?? []).map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
          <TextField label="From" type="date" {...bind('from')} />
          <TextField label="To, included" type="date" {...bind('to')} />
          {isFiltered && <Button onClick={() => setParams({}, { replace: true })}>Show all</Button>}
        </search>
        <PaymentList
          filter={filter}
          empty={isFiltered ? 'No payment fits this filter.' : 'You have no payments yet.'}
        />
      </div>
    </>
  )
}

function filterOf(params: URLSearchParams): PaymentFilter {
  const status = params.get('status')
  const kind = params.get('kind')
  const walletId = params.get('walletId')
  const from = startOf(params.get('from'), 0)
  const to = startOf(params.get('to'), 1)
  return {
    ...(isStatus(status) ? { status: [status] } : {}),
    ...(isKind(kind) ? { kind } : {}),
    ...(walletId ? { walletId } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  }
}

type Status = NonNullable<PaymentFilter['status']>[number]
type Kind = NonNullable<PaymentFilter['kind']>
const isStatus = (value: string | null): value is Status => value !== null && value in PAYMENT_STATUS
const isKind = (value: string | null): value is Kind => value !== null && value in PAYMENT_KIND

/** The start of that day here, or of the one that comes `daysLater`. */
function startOf(day: string | null, daysLater: number): string | null {
  const date = new Date(`${day}T00:00`)
  if (day === null || Number.isNaN(date.getTime())) return null
  date.setDate(date.getDate() + daysLater)
  return date.toISOString()
}
