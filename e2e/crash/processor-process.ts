/**
 * A payment processor as a process of its own, for killing: what it is told is its argument, as JSON. It says `ready`, waits
 * for a line that names the point at which it is to end or to sleep, if any, and then says each point as it passes it.
 * Runs on what is built.
 */
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createPaymentProcessor, type FundingProvider, sandboxProvider } from '@corridor/payment'
import { createSigner, inProcessWakeups, silentLogger, systemClock } from '@corridor/platform'
import { createServiceClient, type ServiceClient, type SubgraphName } from '@corridor/subgraph'

const told = JSON.parse(process.argv[2] ?? '{}')
const clock = systemClock
const signer = createSigner({ issuer: 'payment-processor', privateJwk: told.privateJwk, clock })

console.log('ready')
const [line] = await once(createInterface({ input: process.stdin }), 'line')
const { point, signal }: { point: string | null; signal: 'SIGKILL' | 'SIGSTOP' } = JSON.parse(line)

const SIGNAL_MS = 100
let reached = false
/** Nothing is done any more before the signal has come: whoever sleeps here wakes here. */
function pass(at: string): void {
  process.stdout.write(`${at}\n`)
  if (at !== point || reached) return
  reached = true
  process.kill(process.pid, signal)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SIGNAL_MS)
}

interface Request {
  readonly path: string
  readonly body: unknown
}

/** Requests under way: one is in its middle when it was sent whole and not answered. Several may be at once. */
const sending = new WeakMap<Request, string>()
subscribe('undici:request:create', (message) => {
  const { request } = message as { request: Request } // As undici documents it.
  sending.set(request, request.path.startsWith('/callbacks/') ? 'provider' : callOf(String(request.body)))
})
subscribe('undici:request:bodySent', (message) => {
  pass(`${sending.get((message as { request: Request }).request)}:middle`)
})

const CALL = /\b(paymentBeneficiaries|payoutDetails|pricePayments|decide|postJournals|retireJournals)\(/

const callOf = (document: string): string => CALL.exec(document)?.[1] ?? 'other'

function client(audience: SubgraphName): ServiceClient {
  const inner = createServiceClient({ url: told.urls[audience], audience, signer })
  return {
    async request<Data>(document: string, variables?: Record<string, unknown>) {
      const call = callOf(document)
      pass(`${call}:before`)
      const answer = await inner.request<Data>(document, variables)
      pass(`${call}:after`)
      return answer
    },
    close: () => inner.close(),
  }
}

const inner = sandboxProvider({
  callbackUrl: told.callbackUrl,
  callbackSecret: told.callbackSecret,
  clock,
  logger: silentLogger,
  settleAfterMs: 20,
  deadlineMs: 300,
})
/** In its middle it has called back before it is known to have begun. */
const sandbox: FundingProvider = {
  ...inner,
  async start(payment) {
    pass('provider:before')
    const started = await inner.start(payment)
    pass('provider:after')
    if (point === 'provider:middle' && !reached) await new Promise(() => undefined)
    return started
  },
}

createPaymentProcessor({
  databaseUrl: told.databaseUrl,
  service: 'payment-processor',
  clock,
  logger: silentLogger,
  wakeups: inProcessWakeups(),
  ledger: client('ledger'),
  forex: client('forex'),
  rules: client('rule-engine'),
  profile: client('profile'),
  providers: { sandbox },
  leaseMs: told.leaseMs,
  checkpoint: async (at) => pass(at),
}).start()
