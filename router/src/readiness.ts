import { checkDependency, Degraded, type DependencyState, stateOf } from '@corridor/platform'
import type { Dispatcher } from 'undici'
import { jsonReply, type Reply } from './http.ts'

/** Asked by probes every few seconds: a subgraph that takes longer is not ready. */
const READY_TIMEOUT_MS = 3_000
const OK = 200

/** Every subgraph's own readiness, asked now and all at once. */
export const checkSubgraphs = (
  urls: ReadonlyMap<string, string>,
  dispatcher: Dispatcher,
): Promise<readonly DependencyState[]> =>
  Promise.all([...urls].map(([name, url]) => checkDependency(name, () => askReady(url, dispatcher))))

async function askReady(url: string, dispatcher: Dispatcher): Promise<void> {
  const answer = await dispatcher.request({
    origin: new URL(url).origin,
    path: '/ready',
    method: 'GET',
    signal: AbortSignal.timeout(READY_TIMEOUT_MS),
  })
  const told = (await answer.body.json()) as { readonly status?: unknown } // Judged below.
  if (answer.statusCode !== OK) throw new NotReady()
  if (told.status === 'degraded') throw new Degraded('degraded')
}

/** Ready, degraded or not: whether a payment can be made. */
export function readinessReply(dependencies: readonly DependencyState[]): Reply {
  const status = stateOf(dependencies)
  return jsonReply(status === 'down' ? 503 : OK, { status, dependencies })
}

class NotReady extends Error {
  override readonly name = 'NotReady'
}
