import type { IncomingMessage } from 'node:http'
import { hasScope, type PartState, type ProcessReport, RefusalError, type State, worstOf } from '@corridor/platform'
import type { Dispatcher } from 'undici'
import { errorReply, jsonReply, type Reply } from './http.ts'
import { credentialsOf, type Identity } from './identity.ts'
import { statusHtml, statusText } from './status-table.ts'

/** The whole platform as it is now. */
export interface PlatformStatus {
  readonly state: State
  readonly at: string
  readonly parts: readonly PartState[]
  readonly figures: ProcessReport['figures']
}

export interface StatusOptions {
  readonly identity: Identity
  readonly dispatcher: Dispatcher
  /** The subgraphs, as the router reaches them. */
  readonly subgraphs: () => Promise<readonly PartState[]>
  /** What this process knows of itself. */
  readonly own: () => Promise<ProcessReport>
  /** Where other processes tell of themselves, by their name: http://127.0.0.1:9464 */
  readonly processes: Readonly<Record<string, string>>
}

/** Either opens the status: who reviews payments, and who audits. */
const STAFF_SCOPES = ['payments:review', 'ledger:audit']
const REPORT_TIMEOUT_MS = 3_000

/** GET /status for staff: JSON, or a table in text or HTML, as `Accept` asks. */
export async function answerStatus(request: IncomingMessage, options: StatusOptions): Promise<Reply> {
  const refused = await refusalOf(request, options.identity)
  if (refused !== null) return refused
  const status = await platformStatus(options)
  const accept = request.headers.accept ?? ''
  const headers = { 'cache-control': 'no-store' }
  if (accept.includes('text/html')) {
    return {
      status: 200,
      headers: { ...headers, 'content-type': 'text/html; charset=utf-8' },
      body: statusHtml(status),
    }
  }
  if (accept.includes('text/plain')) {
    return {
      status: 200,
      headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
      body: statusText(status),
    }
  }
  const reply = jsonReply(200, status)
  return { ...reply, headers: { ...reply.headers, ...headers } }
}

async function refusalOf(request: IncomingMessage, identity: Identity): Promise<Reply | null> {
  try {
    const caller = await identity.authenticate(credentialsOf(request.headers))
    if (caller.kind === 'anonymous') return errorReply(401, 'UNAUTHENTICATED', 'The status is for staff.')
    if (STAFF_SCOPES.some((scope) => hasScope(caller, scope))) return null
    return errorReply(403, 'FORBIDDEN', `The status needs the scope ${STAFF_SCOPES.join(' or ')}.`)
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error
    return errorReply(401, error.code, error.message)
  }
}

async function platformStatus({ subgraphs, own, processes, dispatcher }: StatusOptions): Promise<PlatformStatus> {
  const [reached, mine, ...others] = await Promise.all([
    subgraphs(),
    own(),
    ...Object.entries(processes).map(([name, url]) => askProcess(name, url, dispatcher)),
  ])
  const reports = [mine, ...others]
  const parts = merged([...reports.flatMap((report) => report.parts), ...reached])
  return {
    state: worstOf(parts.map(({ state }) => state)),
    at: new Date().toISOString(),
    parts,
    figures: reports.flatMap(({ figures }) => figures),
  }
}

/** Of a part that several tell of, all that they tell. */
function merged(parts: readonly PartState[]): PartState[] {
  return [...Map.groupBy(parts, ({ name }) => name)].map(([name, told]) => ({
    name,
    state: worstOf(told.map(({ state }) => state)),
    dependencies: told.flatMap(({ dependencies }) => dependencies),
  }))
}

/** A process that does not tell of itself is down, as far as anybody can see. */
async function askProcess(name: string, url: string, dispatcher: Dispatcher): Promise<ProcessReport> {
  const startedMs = performance.now()
  try {
    const { statusCode, body } = await dispatcher.request({
      origin: new URL(url).origin,
      path: '/status',
      method: 'GET',
      signal: AbortSignal.timeout(REPORT_TIMEOUT_MS),
    })
    if (statusCode !== 200) throw new Error(`answered ${statusCode}`)
    return (await body.json()) as ProcessReport // Written by the same release.
  } catch {
    // The answer says so: part of what is asked for.
    const latencyMs = Math.round(performance.now() - startedMs)
    const dependencies = [{ name: 'its process', ok: false, latencyMs, detail: 'no answer' }]
    return { service: name, parts: [{ name, state: 'down', dependencies }], figures: [] }
  }
}
