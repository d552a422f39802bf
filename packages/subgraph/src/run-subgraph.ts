import {
  type Clock,
  createSigner,
  createVerifier,
  isJwk,
  type JWK,
  type Logger,
  readConfig,
  redisWakeups,
  runMain,
  type Setting,
  setting,
  systemClock,
  TLS_SETTINGS,
  tlsOf,
  type Wakeups,
} from '@corridor/platform'
import { type ServeOptions, type Subgraph, type SubgraphName, serveSubgraph } from './serve.ts'
import { createServiceClient, type ServiceClient } from './service-client.ts'

type Spec = Record<string, Setting<unknown>>

/** What every subgraph's process is given, made from its environment. */
export interface SubgraphParts<Settings extends Spec> {
  readonly config: ReturnType<typeof readConfig<Settings>>
  readonly databaseUrl: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  /** A client of another subgraph, one of `calls`, signed as this service. */
  client(audience: SubgraphName): ServiceClient
}

export interface SubgraphProcess<Settings extends Spec> {
  readonly name: SubgraphName
  readonly env: Readonly<Record<string, string | undefined>>
  /** Subgraphs that this one calls; their addresses come from `<NAME>_URL`. */
  readonly calls?: readonly SubgraphName[]
  /** Settings of its own. */
  readonly settings: Settings
  readonly create: (parts: SubgraphParts<Settings>) => Promise<Subgraph & { readonly routes?: ServeOptions['routes'] }>
}

const PORTS: Readonly<Record<SubgraphName, number>> = {
  forex: 8001,
  ledger: 8002,
  payment: 8003,
  profile: 8004,
  'rule-engine': 8005,
  wallet: 8006,
}

/**
 * The process of one subgraph: reads its environment once, connects, serves, and stops on a signal. `<NAME>_DATABASE_URL`
 * is its application role's; `INTERNAL_PUBLIC_KEYS` holds the public JWK of every issuer it takes tokens from.
 */
export async function runSubgraph<Settings extends Spec>(options: SubgraphProcess<Settings>): Promise<void> {
  const { name, env, calls = [], settings, create } = options
  const service = `${name}-service`
  await runMain(service, async ({ logger, onStop }) => {
    const database = { [databaseVariable(name)]: setting.url() }
    const addresses = Object.fromEntries(calls.map((each) => [urlVariable(each), addressOf(each)]))
    const key = calls.length === 0 ? {} : PRIVATE_KEY
    // All of it at once first, so that everything that is wrong is named together.
    readConfig(env, { ...COMMON, PORT: setting.port(PORTS[name]), ...database, ...addresses, ...key, ...settings })
    const own = readConfig(env, { ...COMMON, PORT: setting.port(PORTS[name]) })
    const clock = systemClock
    const tls = tlsOf(own)
    const wakeups = redisWakeups({ url: own.REDIS_URL, logger })
    onStop('wake-ups', () => wakeups.close())
    const clients = new Map<SubgraphName, ServiceClient>()
    if (calls.length > 0) {
      const { INTERNAL_PRIVATE_KEY: privateJwk } = readConfig(env, PRIVATE_KEY)
      const urls = readConfig(env, addresses)
      const signer = createSigner({ issuer: service, privateJwk, clock })
      for (const audience of calls) {
        const made = createServiceClient({ url: urls[urlVariable(audience)] ?? '', audience, signer, tls })
        onStop(`the client of ${audience}`, () => made.close())
        clients.set(audience, made)
      }
    }
    const subgraph = await create({
      config: readConfig(env, settings),
      databaseUrl: readConfig(env, database)[databaseVariable(name)] ?? '',
      clock,
      logger,
      wakeups,
      client(audience) {
        const known = clients.get(audience)
        if (!known) throw new Error(`${name} does not name ${audience} among the subgraphs that it calls`)
        return known
      },
    })
    onStop('the subgraph', () => subgraph.close())
    const server = await serveSubgraph(subgraph, {
      port: own.PORT,
      host: own.HOST,
      tls,
      verifier: createVerifier({ audience: name, publicJwks: own.INTERNAL_PUBLIC_KEYS, clock }),
      logger,
      clock,
      routes: subgraph.routes ?? {},
    })
    onStop('the server', () => server.close())
  })
}

const inCapitals = (name: SubgraphName): string => name.toUpperCase().replace('-', '_')
const databaseVariable = (name: SubgraphName): string => `${inCapitals(name)}_DATABASE_URL`
const urlVariable = (name: SubgraphName): string => `${inCapitals(name)}_URL`
const addressOf = (name: SubgraphName): Setting<string> => setting.url(`http://localhost:${PORTS[name]}/graphql`)

const isKeys = (value: unknown): value is Record<string, JWK> =>
  typeof value === 'object' && value !== null && Object.values(value).every(isJwk)

const COMMON = {
  HOST: setting.text('127.0.0.1'),
  ...TLS_SETTINGS,
  REDIS_URL: setting.url(),
  INTERNAL_PUBLIC_KEYS: setting.json(isKeys, 'public JWKs by issuer, in JSON'),
}
const PRIVATE_KEY = { INTERNAL_PRIVATE_KEY: setting.json(isJwk, 'the private JWK of this service') }
