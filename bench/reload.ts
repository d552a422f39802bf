/**
 * `npm run bench -- reload [rounds]`: for how long a router that takes another supergraph answers nobody, beside how long it
 * takes to read one in a single go.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { createSigner, generateInternalKeyPair, silentLogger, systemClock } from '@corridor/platform'
import { createRouter } from '@corridor/router'
import { createLocalJWKSet } from 'jose'

const ROUNDS = Number(process.argv[2] ?? 10)
const WARM_UP = 2
const sdl = readFileSync(join(import.meta.dirname, '..', 'supergraph.graphql'), 'utf8')

/** The longest time in which nothing else could run while `work` was done. */
async function longestStallMs(work: () => Promise<void>): Promise<number> {
  let longestMs = 0
  let lastMs = performance.now()
  const look = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastMs)
    lastMs = performance.now()
  }, 1)
  await work()
  longestMs = Math.max(longestMs, performance.now() - lastMs)
  clearInterval(look)
  return longestMs
}

/** What the gateway of Apollo does with a supergraph, in one go. */
function readWhole(): void {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
  supergraph.apiSchema().toGraphQLJSSchema()
  new QueryPlanner(supergraph)
}

const { privateJwk } = await generateInternalKeyPair()
const router = await createRouter({
  supergraphSdl: sdl,
  signer: createSigner({ issuer: 'router', privateJwk, clock: systemClock }),
  identity: { issuer: 'https://identity.bench', audience: 'corridor', jwks: createLocalJWKSet({ keys: [] }) },
  authModes: ['bearer'],
  clock: systemClock,
  logger: silentLogger,
  allowedOrigins: [],
  callbackOwners: {},
}).listen(0)

const stalls: number[] = []
const wholes: number[] = []
for (let round = -WARM_UP; round < ROUNDS; round += 1) {
  const stallMs = await longestStallMs(() => router.replaceSupergraph(sdl))
  const beganMs = performance.now()
  readWhole()
  if (round < 0) continue
  stalls.push(stallMs)
  wholes.push(performance.now() - beganMs)
}
await router.close()

const median = (values: readonly number[]): number =>
  Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0)
const [stallMs, inOneGoMs] = [median(stalls), median(wholes)]
const figures = { stallMs, inOneGoMs, timesShorter: Math.round((inOneGoMs / stallMs) * 100) / 100 }
console.table([figures])
const goals = { timesShorter: { atLeast: 1.5 } }
const pass = figures.timesShorter >= goals.timesShorter.atLeast
console.log(JSON.stringify({ bench: 'reload', figures, goals, pass }))
process.exitCode = pass ? 0 : 1
