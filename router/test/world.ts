import { composeServices } from '@apollo/composition'
import { createSigner, createVerifier, generateInternalKeyPair, type JWK, silentLogger } from '@corridor/platform'
import { emitSdl, type RunningServer, type ServeOptions, type SubgraphName, serveSubgraph } from '@corridor/subgraph'
import { type TestClock, testClock } from '@corridor/testing'
import { type GraphQLSchema, parse } from 'graphql'
import { type CryptoKey, createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createRouter, type RouterDeps, type RunningRouter } from '../src/index.ts'
import { buildSubgraphs, type TestSubgraphs } from './subgraphs.ts'

export const ISSUER = 'https://identity.test/oauth2/token'
export const AUDIENCE = 'corridor'
export const KEY_ID = 'one'
const TOKEN_SECONDS = 3_600

export interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: { code: string } }[]
}

export interface World {
  readonly router: RunningRouter
  readonly subgraphs: TestSubgraphs
  readonly clock: TestClock
  readonly issuerKey: CryptoKey
  readonly issuerJwk: JWK
  /** By which a router is known to these subgraphs. */
  readonly internalKey: JWK
  readonly subgraphUrls: Readonly<Record<string, string>>
  /** An access token with these scopes. */
  token(scopes: string, options?: { subject?: string; seconds?: number }): Promise<string>
  post(query: string, options?: { token?: string; variables?: object; operationName?: string }): Promise<Answer>
  /** The supergraph of these subgraphs alone. */
  supergraphOf(names: readonly WorldSubgraph[]): string
  stop(name: WorldSubgraph): Promise<void>
  /** On the port it had. */
  restart(name: WorldSubgraph): Promise<void>
  close(): Promise<void>
}

export type WorldSubgraph = Extract<SubgraphName, 'profile' | 'forex' | 'payment'>

/** The router in front of three subgraphs on real servers, and an issuer of access tokens. */
export async function startWorld(
  options: Pick<RouterDeps, 'limits' | 'rateLimiter' | 'trustedProxies' | 'registeredOperations'> & {
    routes?: ServeOptions['routes']
  } = {},
): Promise<World> {
  const { routes, ...routerOptions } = options
  const clock = testClock(new Date())
  const subgraphs = await buildSubgraphs()
  const schemas: Record<WorldSubgraph, GraphQLSchema> = {
    profile: subgraphs.people.schema,
    forex: subgraphs.rates.schema,
    payment: subgraphs.payments.schema,
  }
  const internal = await generateInternalKeyPair()
  const serve = (name: WorldSubgraph, port: number): Promise<RunningServer> =>
    serveSubgraph(
      { name, schema: schemas[name], ready: async () => [], close: async () => undefined },
      {
        port,
        logger: silentLogger,
        clock,
        verifier: createVerifier({ audience: name, publicJwks: { router: internal.publicJwk }, clock }),
        ...(routes ? { routes } : {}),
      },
    )
  const names = Object.keys(schemas) as WorldSubgraph[]
  const servers = new Map<WorldSubgraph, RunningServer>()
  for (const name of names) servers.set(name, await serve(name, 0))
  const urls = Object.fromEntries([...servers].map(([name, { url }]) => [name, url]))
  const issuer = await generateKeyPair('RS256', { extractable: true })
  const issuerJwk = { ...(await exportJWK(issuer.publicKey)), kid: KEY_ID, alg: 'RS256' }
  const router = await createRouter({
    supergraphSdl: compose(schemas),
    subgraphUrls: urls,
    signer: createSigner({ issuer: 'router', privateJwk: internal.privateJwk, clock }),
    identity: { issuer: ISSUER, audience: AUDIENCE, jwks: createLocalJWKSet({ keys: [issuerJwk] }) },
    authModes: ['bearer'],
    clock,
    logger: silentLogger,
    allowedOrigins: ['http://localhost:5173'],
    callbackOwners: { sandbox: 'payment' },
    filesOwner: 'payment',
    ...routerOptions,
  }).listen(0)

  return {
    router,
    subgraphs,
    clock,
    issuerKey: issuer.privateKey,
    issuerJwk,
    internalKey: internal.privateJwk,
    subgraphUrls: urls,
    token: (scope, { subject = 'anna', seconds = TOKEN_SECONDS } = {}) => {
      const now = Math.floor(clock.now().getTime() / 1000)
      return new SignJWT({ scope, aut: 'APPLICATION_USER', client_id: 'web' })
        .setProtectedHeader({ alg: 'RS256', kid: KEY_ID })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(subject)
        .setIssuedAt(now)
        .setExpirationTime(now + seconds)
        .sign(issuer.privateKey)
    },
    async post(query, { token, variables = {}, operationName } = {}) {
      const response = await fetch(router.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables, operationName }),
      })
      return (await response.json()) as Answer
    },
    supergraphOf: (names) => compose(Object.fromEntries(names.map((name) => [name, schemas[name]]))),
    async stop(name) {
      await servers.get(name)?.close()
      servers.delete(name)
    },
    async restart(name) {
      servers.set(name, await serve(name, Number(new URL(urls[name] ?? '').port)))
    },
    async close() {
      await router.close()
      for (const server of servers.values()) await server.close()
    },
  }
}

function compose(schemas: Readonly<Record<string, GraphQLSchema>>): string {
  const { errors, supergraphSdl } = composeServices(
    Object.entries(schemas).map(([name, schema]) => ({
      name,
      url: 'http://127.0.0.1:1/graphql',
      typeDefs: parse(emitSdl(schema)),
    })),
  )
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], errors?.[0]?.message ?? 'not composed')
  return supergraphSdl
}

export const codesOf = ({ errors = [] }: Answer): string[] => errors.map(({ extensions }) => extensions.code)
