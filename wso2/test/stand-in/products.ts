import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { runCli } from '../../src/cli.ts'
import { ApiManagerStandIn, type Traps } from './api-manager.ts'
import { Contracts, contractsArePresent } from './contracts.ts'
import { IdentityServerStandIn } from './identity-server.ts'
import { type ServerOptions, type StandInServer, serve } from './server.ts'

export const SUPERGRAPH = readFileSync(resolve(import.meta.dirname, '../../../supergraph.graphql'), 'utf8')

const NO_TRAPS: Traps = { keyManagerAppearsAfter: 0, lostDeployments: 0, lostScopes: 0 }
/** Quick, and with an end: what is waited for comes at once here or not at all. */
const PACE = { everyMs: 1, timeoutMs: 100 }

export interface RunResult {
  readonly code: number
  /** What people read. */
  readonly text: string
  /** What programs read. */
  readonly printed: string
  readonly writes: readonly string[]
}

/** Both products, empty, on loopback, and the command line in front of them. */
export class Products {
  readonly identity = new IdentityServerStandIn()
  readonly manager: ApiManagerStandIn
  readonly contracts = contractsArePresent ? new Contracts() : undefined
  supergraph = SUPERGRAPH
  cut: ServerOptions['cut']
  readonly folder = mkdtempSync(join(tmpdir(), 'corridor-wso2-'))
  #servers: StandInServer[] = []

  constructor(traps: Partial<Traps> = {}) {
    this.manager = new ApiManagerStandIn(this.identity, { ...NO_TRAPS, ...traps })
  }

  async start(): Promise<this> {
    const options = {
      contracts: this.contracts,
      cut: (...asked: Parameters<NonNullable<ServerOptions['cut']>>) => this.cut?.(...asked) ?? false,
    }
    this.#servers = await Promise.all([
      serve({ routes: this.manager.routes, ...options }),
      serve({ routes: this.identity.routes, ...options }),
    ])
    return this
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()))
    rmSync(this.folder, { recursive: true, force: true })
  }

  async run(command: string, env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
    const [manager, identity] = this.#servers
    const supergraphFile = join(this.folder, 'supergraph.graphql')
    writeFileSync(supergraphFile, this.supergraph)
    const before = this.#servers.map(({ writes }) => writes.length)
    const lines: string[] = []
    let printed = ''
    const code = await runCli({
      args: command.split(' '),
      env: {
        WSO2_AM_URL: manager?.url ?? '',
        WSO2_IS_URL: identity?.url ?? '',
        WSO2_ADMIN_PASSWORD: 'correct',
        WSO2_CREDENTIALS_FOLDER: this.folder,
        ...env,
      },
      output: { line: (text) => void lines.push(text) },
      print: (text) => {
        printed += text
      },
      supergraphFile,
      pace: PACE,
    })
    const writes = this.#servers.flatMap((server, index) => server.writes.slice(before[index]))
    return { code, text: lines.join('\n'), printed, writes }
  }

  /** All that was set up, without ids, so that two ways to the same end can be compared. */
  state(): unknown {
    const { api, scopes, live, policies, revisions } = this.manager
    return {
      operations: api?.operations,
      lifeCycleStatus: api?.lifeCycleStatus,
      live: live?.operations,
      revisions: revisions.map(({ description, deployed }) => ({ description, deployed })),
      scopes: [...scopes.values()].map(({ name, bindings }) => ({ name, bindings })),
      policies: [...policies.values()].map(({ policyName }) => policyName),
      identityScopes: [...(this.identity.resource?.scopes ?? [])].sort(),
      clients: [...this.identity.clients.values()].map(({ name, oidc, authorized }) => ({
        name,
        grantTypes: oidc.grantTypes,
        scopes: [...authorized.values()].flat().sort(),
      })),
      roles: [...this.identity.roles.values()]
        .map(({ displayName, permissions }) => ({ displayName, permissions: [...permissions].sort() }))
        .sort((a, b) => (a.displayName < b.displayName ? -1 : 1)),
    }
  }
}

/** The supergraph with one more query, which has a scope. */
export const WITH_ONE_MORE_QUERY = SUPERGRAPH.replace(
  /\ntype Query\n([\s\S]*?)\{\n/,
  (head) => `${head}  oneMore: String @join__field(graph: FOREX) @requiresScopes(scopes: [["forex:read"]])\n`,
)

/** A composed schema with a root field of each kind, for what is done many times. */
export const SMALL_SUPERGRAPH = composed(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@authenticated", "@requiresScopes"])
  type Query {
    me: String @authenticated
    rate: String @requiresScopes(scopes: [["forex:read"]])
  }
  type Mutation { sendPayment: String @requiresScopes(scopes: [["payments:write"]]) }
  type Subscription { rateChanged: String @requiresScopes(scopes: [["forex:read"]]) }
`)

function composed(sdl: string): string {
  const { supergraphSdl, errors } = composeServices([{ name: 'forex', url: 'http://forex', typeDefs: parse(sdl) }])
  if (supergraphSdl === undefined) throw new Error(errors?.join('\n'))
  return supergraphSdl
}
