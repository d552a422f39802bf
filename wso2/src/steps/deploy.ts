import type { Revision } from '../am/types.ts'
import type { Change, Step } from '../change.ts'
import type { Connections } from '../connections.ts'
import type { Desired } from '../desired.ts'
import { waitUntil } from '../http/wait.ts'
import type { Settings } from '../settings.ts'

/** API Manager keeps five: room is made before a new one. */
const MAX_REVISIONS = 5
/** A deploy event is sent to the gateway once, and can be lost: then the revision is deployed again. */
const DEPLOY_ATTEMPTS = 3

/**
 * A revision of the working copy, deployed, seen live at the gateway and published. Its description carries the digest of
 * what it was made from: a run that was killed between any two calls finds by it what is left to do.
 */
export const deployStep = (
  connections: Connections,
  desired: Desired,
  settings: Settings,
  { redeploy = false } = {},
): Step => ({
  name: 'Revision and deployment',
  look: async () => {
    const { publisher } = connections
    const api = await publisher.findApi(settings.api)
    const changes: Change[] = []
    const revisions = api === null ? [] : await publisher.revisions(api.id)
    const current = revisions.find(({ description }) => description === descriptionOf(desired.digest))
    if (current === undefined || !isDeployed(current)) {
      changes.push({
        sign: current === undefined ? '+' : '~',
        what: current === undefined ? 'a revision of the working copy, deployed' : 'the revision, deployed',
        apply: () => deploy(connections, desired, settings),
      })
    } else if (redeploy || !(await isLive(connections, settings))) {
      const why = redeploy ? 'as asked' : 'the gateway has not got it'
      const apply = () => deploy(connections, desired, settings)
      changes.push({ sign: '~', what: `the revision, deployed again: ${why}`, apply })
    }
    for (const revision of revisions) {
      if (revision === current || current === undefined || !isDeployed(current)) continue
      const apply = () => remove(connections, settings, api?.id ?? '', revision)
      changes.push({ sign: '-', what: `old revision ${revision.description}`, apply })
    }
    if (api?.lifeCycleStatus !== 'PUBLISHED') {
      changes.push({ sign: '~', what: 'published', apply: () => publish(connections, settings) })
    }
    return changes
  },
})

const descriptionOf = (digest: string): string => `sha256:${digest}`

const isDeployed = ({ deploymentInfo = [] }: Revision): boolean => deploymentInfo.length > 0

const placeOf = ({ am }: Settings) => ({ environment: am.environment, vhost: am.gatewayHost })

async function deploy(connections: Connections, desired: Desired, settings: Settings): Promise<void> {
  const { publisher } = connections
  const id = await idOf(connections, settings)
  const existing = await publisher.revisions(id)
  const description = descriptionOf(desired.digest)
  const revision =
    existing.find((candidate) => candidate.description === description) ?? (await create(id, existing, description))
  for (let attempt = 1; attempt <= DEPLOY_ATTEMPTS; attempt++) {
    await publisher.deploy(id, revision.id, placeOf(settings))
    const live = await waitUntil(() => isLive(connections, settings), connections.pace)
    if (live) {
      for (const old of await publisher.revisions(id)) {
        if (old.id !== revision.id) await remove(connections, settings, id, old)
      }
      return
    }
  }
  throw new Error(
    `The revision was deployed ${DEPLOY_ATTEMPTS} times and the gateway has not got it.\n  Remedy: npm run wso2 -- health; docs/wso2/troubleshooting.md, "Deployed and not live".`,
  )

  async function create(apiId: string, revisions: readonly Revision[], text: string): Promise<Revision> {
    const spare = revisions.filter((candidate) => !isDeployed(candidate))
    for (const old of spare.slice(0, Math.max(0, revisions.length - MAX_REVISIONS + 1))) {
      await publisher.deleteRevision(apiId, old.id)
    }
    return publisher.createRevision(apiId, text)
  }
}

async function remove(connections: Connections, settings: Settings, id: string, revision: Revision): Promise<void> {
  if (isDeployed(revision)) await connections.publisher.undeploy(id, revision.id, placeOf(settings))
  await connections.publisher.deleteRevision(id, revision.id)
}

async function publish(connections: Connections, settings: Settings): Promise<void> {
  await connections.publisher.changeLifecycle(await idOf(connections, settings), 'Publish')
}

async function idOf({ publisher }: Connections, { api }: Settings): Promise<string> {
  const found = await publisher.findApi(api)
  if (found === null) throw new Error(`The API ${api.name} is gone.`)
  return found.id
}

/** The gateway tells whether it has the API, not which revision of it: docs/wso2/troubleshooting.md says what follows. */
async function isLive({ gateway }: Connections, { api }: Settings): Promise<boolean> {
  const query = { apiName: api.name, version: api.version }
  return (await gateway.find({ method: 'GET', path: '/api/am/gateway/v2/api-artifact', query })) !== null
}
