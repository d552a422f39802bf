/**
 * The ledger and its sealer as a process of their own, for killing: what it is told is its argument, as JSON, and once it
 * serves it says where in one line of JSON. Runs on what is built.
 */
import { createLedgerSealer, createLedgerSubgraph } from '@corridor/ledger'
import { createVerifier, inProcessWakeups, silentLogger, systemClock } from '@corridor/platform'
import { serveSubgraph } from '@corridor/subgraph'

const { databaseUrl, callerJwk, sealingJwk } = JSON.parse(process.argv[2] ?? '{}')
const shared = { databaseUrl, clock: systemClock, logger: silentLogger, wakeups: inProcessWakeups() }

const sealer = createLedgerSealer({ ...shared, privateJwk: sealingJwk, service: 'ledger-sealer' })
sealer.start()
const server = await serveSubgraph(await createLedgerSubgraph(shared), {
  port: 0,
  verifier: createVerifier({
    audience: 'ledger',
    publicJwks: { 'payment-processor': callerJwk },
    clock: systemClock,
  }),
  logger: silentLogger,
  clock: systemClock,
})
console.log(JSON.stringify({ url: server.url }))
