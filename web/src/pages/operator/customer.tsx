import { Fragment, type ReactNode } from 'react'
import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { useMay } from '../../session/context.tsx'
import { browserLocale, countryName } from '../../ui/format.ts'
import { Empty, PageHead, Waiting } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { DateTime } from '../../ui/values.tsx'
import { KYC_STATUS } from '../../ui/words.ts'
import { PaymentList } from '../customer/payment-list.tsx'
import { nameOf } from './customers.tsx'
import { DecideKyc } from './decide-kyc.tsx'
import { WalletsOf } from './wallets-of.tsx'

const CUSTOMER = graphql(`
  query Customer($id: ID!) {
    profile(id: $id) {
      id
      username
      givenName
      familyName
      email
      emailVerified
      phone
      country
      address { street city region postalCode country }
      timeZone
      createdAt
      kyc { status level note decidedAt }
      wallets { id name currency status balance { available { amount currency } held { amount currency } } }
    }
  }
`)

export type Customer = NonNullable<ResultOf<typeof CUSTOMER>['profile']>

export default function CustomerPage({ id = '' }: { id?: string }) {
  const [{ data, error }, reload] = useQuery({ query: CUSTOMER, variables: { id } })
  const maySeePayments = useMay('payments:review')
  const again = (): void => reload({ requestPolicy: 'network-only' })
  const customer = data?.profile
  if (!customer) {
    return (
      <>
        <PageHead title="Customer" />
        <Waiting error={error} hasData={data !== undefined} onRetry={again} />
        {data && <Empty title="There is no such customer." />}
      </>
    )
  }
  return (
    <>
      <PageHead title={nameOf(customer)} lead={<Status words={KYC_STATUS} state={customer.kyc.status} />} />
      <div className="two">
        <Facts customer={customer} />
        <DecideKyc customer={customer} onDecided={again} />
      </div>
      <WalletsOf wallets={customer.wallets ?? []} onChange={again} />
      {maySeePayments && (
        <section className="stack section" aria-labelledby="payments">
          <h2 id="payments">Payments</h2>
          <PaymentList filter={{ profileId: customer.id }} empty="This customer has no payments yet." />
        </section>
      )}
    </>
  )
}

function Facts({ customer }: { customer: Customer }) {
  const { id, username, email, emailVerified, phone, country, address, timeZone, createdAt, kyc } = customer
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['User name', username],
    ['E-mail', email && `${email}${emailVerified ? '' : ' (not confirmed)'}`],
    ['Phone', phone],
    [
      'Address',
      address && [address.street, address.postalCode, address.city, address.region].filter(Boolean).join(', '),
    ],
    ['Country', country && countryName(country, browserLocale())],
    ['Time zone', timeZone],
    ['Customer since', <DateTime key="since" at={createdAt} show="day" />],
    ['Level', kyc.level && (kyc.level === 'ENHANCED' ? 'Enhanced' : 'Basic')],
    ['Decided', kyc.decidedAt && <DateTime key="decided" at={kyc.decidedAt} />],
    ['Note', kyc.note],
    [
      'Number',
      <span key="id" className="mono">
        {id}
      </span>,
    ],
  ]
  return (
    <section className="card" aria-label="Details">
      <dl className="facts">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </Fragment>
          ))}
      </dl>
    </section>
  )
}
