import { checkDependency, type DependencyState } from '@corridor/subgraph'
import type { Dispatcher } from 'undici'

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
  await answer.body.dump()
  if (answer.statusCode !== OK) throw new Error(`answered ${answer.statusCode}`)
}
