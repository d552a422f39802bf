import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { PageHead, Waiting } from '../../ui/states.tsx'
import { Badge } from '../../ui/values.tsx'
import { ChangePassword } from './change-password.tsx'
import { EmailVerification } from './email-verification.tsx'
import { Limits } from './limits.tsx'
import { PersonalDetails } from './personal-details.tsx'
import { Verification } from './verification.tsx'

const ME = graphql(`
  query Me {
    me {
      id
      username
      email
      emailVerified
      givenName
      familyName
      phone
      country
      timeZone
      locale
      syncPending
      address { street city region postalCode country }
      kyc { status level decidedAt note redirectUrl }
    }
  }
`)

export type Me = ResultOf<typeof ME>['me']

export default function Profile() {
  const [{ data, error }, reload] = useQuery({ query: ME })
  const anew = (): void => reload({ requestPolicy: 'network-only' })
  const me = data?.me
  return (
    <>
      <PageHead title="Profile" lead={me && `Signed in as ${me.username}`}>
        {me?.syncPending && <Badge tone="info">Change on its way to the sign-in service</Badge>}
      </PageHead>
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {me && (
        <div className="two">
          <div className="stack">
            <PersonalDetails key={`${me.email} ${me.syncPending}`} me={me} onChange={anew} />
            <ChangePassword />
          </div>
          <div className="stack">
            <Verification kyc={me.kyc} onChange={anew} />
            <EmailVerification email={me.email} verified={me.emailVerified} onChange={anew} />
            <Limits />
          </div>
        </div>
      )}
    </>
  )
}
