/** A party of the composed platform that shows a certificate. */
export interface Party {
  /** The service's name in docker-compose.yml, and of the files. */
  readonly name: string
  /** Host names besides its own; `localhost` where people reach it. */
  readonly hosts: readonly string[]
  /** Java programs take key stores; the others take PEM. */
  readonly keystore: boolean
}

const SUBGRAPHS = ['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet']

const party = (name: string, more: Partial<Party> = {}): Party => ({ name, hosts: [], keystore: false, ...more })

/** Everybody who is reached by TLS, and the client certificate of those who call subgraphs. */
export const PARTIES: readonly Party[] = [
  ...SUBGRAPHS.map((name) => party(name)),
  party('router', { hosts: ['localhost'] }),
  party('workers'),
  party('web', { hosts: ['localhost'] }),
  party('wso2am', { hosts: ['localhost'], keystore: true }),
  party('wso2is', { hosts: ['localhost'], keystore: true }),
]
