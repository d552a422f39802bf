/** What the peers are asked. The names are those of the figures. */
export const QUERIES = {
  /** One root field of one subgraph. */
  one: '{ rate(pair: "EURUSD") { pair bid mid ask source observedAt } }',
  /** 20 wallets with owner and balance, over three subgraphs. */
  list: `{
    myWallets {
      id name currency status
      owner { id username }
      balance { available { amount currency } held { amount currency } }
    }
  }`,
  /** A payment as its page shows it, over all six subgraphs. */
  page: `query Page($id: ID!) {
    payment(id: $id) {
      id status kind createdAt updatedAt reference
      debit { amount currency } credit { amount currency } fee { amount currency }
      from { id name currency owner { id username } balance { available { amount currency } } }
      payee { id displayName }
      fxQuote { id appliedRate mid spreadBps status }
      decision { id outcome riskScore reasons { code } }
      timeline { status at }
      transfers { id state amount { amount currency } debitAccountCode creditAccountCode createdAt }
    }
  }`,
  /** 50 payments with both sides and their transfers, over four subgraphs: about 90 KB. */
  large: `query Large($first: Int!) {
    payments(first: $first) {
      edges {
        cursor
        node {
          id status kind createdAt updatedAt reference
          debit { amount currency } credit { amount currency } fee { amount currency }
          payer { id displayName } payee { id displayName }
          from { id name currency status owner { id username } balance { available { amount currency } held { amount currency } } }
          to { id name currency status owner { id username } }
          timeline { status at }
          transfers {
            id state journalId createdAt description amount { amount currency } debitAccountCode creditAccountCode
          }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }`,
} as const

export type QueryName = keyof typeof QUERIES

export const VARIABLES: Readonly<Record<QueryName, Readonly<Record<string, unknown>>>> = {
  one: {},
  list: {},
  page: { id: 'payment-1' },
  large: { first: 50 },
}

/** All that the queries demand. */
export const SCOPES = 'wallets:read payments:read forex:read ledger:read rules:read profile:read limits:read'

export const bodyOf = (name: QueryName): string => JSON.stringify({ query: QUERIES[name], variables: VARIABLES[name] })
