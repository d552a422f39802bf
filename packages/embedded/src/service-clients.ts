import { type Clock, createSigner, type Signer } from '@corridor/platform'
import { createServiceClient, type ServiceClient, type SubgraphName } from '@corridor/subgraph'
import type { PlatformPorts } from './ports.ts'
import type { Issuer, Secrets } from './secrets.ts'
import type { StopStack } from './stop-stack.ts'

/** Makes signers and clients for calls inside the platform; every part signs with its own key. */
export class ServiceClients {
  constructor(private readonly deps: { ports: PlatformPorts; secrets: Secrets; clock: Clock; stops: StopStack }) {}

  signer(issuer: Issuer): Signer {
    const { secrets, clock } = this.deps
    return createSigner({ issuer, privateJwk: secrets.privateKey(issuer), clock })
  }

  /** A client of each of those subgraphs, signed as `issuer`; closed with the platform. */
  of<Name extends SubgraphName>(issuer: Issuer, ...audiences: readonly Name[]): Readonly<Record<Name, ServiceClient>> {
    const { ports, stops } = this.deps
    const signer = this.signer(issuer)
    const clients = audiences.map((audience): [Name, ServiceClient] => {
      const client = createServiceClient({ url: subgraphUrl(ports, audience), audience, signer })
      stops.push(`${issuer}'s client of ${audience}`, () => client.close())
      return [audience, client]
    })
    return Object.fromEntries(clients) as Record<Name, ServiceClient> // One per audience.
  }
}

export const subgraphUrl = (ports: PlatformPorts, name: SubgraphName): string =>
  `http://127.0.0.1:${ports[name]}/graphql`
