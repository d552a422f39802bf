import 'graphiql/style.css'
import './explorer.css'
import { GraphiQL } from 'graphiql'
import { useEffect, useState } from 'react'
import { useServices } from '../../session/context.tsx'
import { Loading, PageHead } from '../../ui/states.tsx'
import { bearer, createFetcher } from './fetcher.ts'

/** A query and a subscription to begin with, each in a tab of its own. */
const EXAMPLES = [
  `query MyWallets {
  myWallets {
    id
    name
    balance {
      available {
        amount
        currency
      }
    }
  }
}
`,
  `subscription LiveRate {
  rateChanged(pairs: ["USDINR"]) {
    pair
    mid
    observedAt
  }
}
`,
]

const SANDBOX = 'https://studio.apollographql.com/sandbox/explorer'

/** GraphiQL, from this address alone, with the token of who is signed in. */
export default function Explorer() {
  const { session } = useServices()
  const [start, setStart] = useState<{ readonly token: string | null } | null>(null)
  useEffect(() => {
    let wanted = true
    void session.accessToken().then((token) => wanted && setStart({ token }))
    return () => {
      wanted = false
    }
  }, [session])
  return (
    <>
      <PageHead
        title="API explorer"
        lead={
          <>
            Every query, mutation and subscription that your role opens. Apollo Sandbox shows the same API:{' '}
            <a href={`${SANDBOX}?endpoint=${encodeURIComponent(`${location.origin}/graphql`)}`}>open it there</a> (needs
            the internet).
          </>
        }
      />
      {start === null ? <Loading /> : <Editor token={start.token} />}
    </>
  )
}

function Editor({ token }: { token: string | null }) {
  const { session } = useServices()
  const [fetcher] = useState(() => createFetcher(session, token))
  const headers = JSON.stringify({ authorization: bearer(token) }, null, 2)
  return (
    <div className="explorer">
      <GraphiQL
        fetcher={fetcher}
        defaultTabs={EXAMPLES.map((query) => ({ query, headers }))}
        isHeadersEditorEnabled
        shouldPersistHeaders={false}
      />
    </div>
  )
}
