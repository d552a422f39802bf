import type { Api, ApiOperation } from '../am/types.ts'
import { type Change, differences, type Step } from '../change.ts'
import type { Connections } from '../connections.ts'
import type { Desired } from '../desired.ts'
import type { Settings } from '../settings.ts'

/**
 * The working copy of the API: schema, operations with their scopes, policies, endpoint, CORS, weights. Clients see none
 * of it before a revision is deployed, so an update that was cut short opens nothing.
 */
export const workingCopyStep = ({ publisher }: Connections, desired: Desired, { api }: Settings): Step => ({
  name: 'API (working copy)',
  look: async () => {
    const existing = await publisher.findApi(api)
    if (existing === null) return [creation()]
    return [...(await schemaChange(existing)), ...objectChange(existing), ...(await weightsChange(existing))]

    function creation(): Change {
      return {
        sign: '+',
        what: `${api.name} ${api.version} at ${api.context}, ${desired.apiObject.operations.length} operations`,
        apply: async () => {
          const made = await publisher.importApi(desired.api.sdl, { ...api, ...desired.apiObject })
          // What the import keeps of operations and scopes is not relied upon: they are written again.
          await writeObject(made.id)
          await publisher.updateWeights(made.id, desired.weights)
        },
      }
    }

    async function schemaChange({ id }: Api): Promise<Change[]> {
      if (words(await publisher.schemaOf(id)) === words(desired.api.sdl)) return []
      const apply = async () => {
        await publisher.updateSchema(id, desired.api.sdl)
        // New operations came in without a scope: they get theirs before anything can be deployed.
        await writeObject(id)
      }
      return [{ sign: '~', what: 'schema', apply }]
    }

    function objectChange(found: Api): Change[] {
      const details = [
        ...operationDetails(found.operations, desired.apiObject.operations),
        ...differences(comparable(found), comparable(desired.apiObject)),
      ]
      if (details.length === 0) return []
      return [{ sign: '~', what: 'operations and settings', details, apply: () => writeObject(found.id) }]
    }

    async function weightsChange({ id }: Api): Promise<Change[]> {
      const key = (list: Desired['weights']) =>
        list
          .map((w) => `${w.type}.${w.field}=${w.complexityValue}`)
          .sort()
          .join()
      if (key(await publisher.weightsOf(id)) === key(desired.weights)) return []
      return [{ sign: '~', what: 'complexity weights', apply: () => publisher.updateWeights(id, desired.weights) }]
    }

    /** Scopes first, then the operations that name them: an operation may only name a scope of the API. */
    async function writeObject(id: string): Promise<void> {
      const { operations, ...rest } = desired.apiObject
      await publisher.updateApi(id, { ...(await current()), ...rest })
      await publisher.updateApi(id, { ...(await current()), ...rest, operations })
    }

    async function current(): Promise<Api> {
      const found = await publisher.findApi(api)
      if (found === null) throw new Error(`The API ${api.name} is gone.`)
      return found
    }
  },
})

/** What of the object is compared besides the operations; scopes by name. */
function comparable({ scopes, ...api }: Pick<Api, 'scopes'> | Desired['apiObject']): object {
  const { operations: _, ...rest } = api as Record<string, unknown> // Compared apart, an operation each.
  return { ...rest, scopes: scopes.map(({ scope }) => scope.name).sort() }
}

function operationDetails(is: readonly ApiOperation[], shall: readonly ApiOperation[]): string[] {
  const key = ({ verb, target }: ApiOperation): string => `${verb} ${target}`
  const existing = new Map(is.map((operation) => [key(operation), operation]))
  const wanted = new Set(shall.map(key))
  return [
    ...shall.flatMap((operation) => {
      const found = existing.get(key(operation))
      if (found === undefined) return [`${key(operation)}: is not there`]
      return differences(sorted(found), sorted(operation)).map((detail) => `${key(operation)}: ${detail}`)
    }),
    ...is.filter((operation) => !wanted.has(key(operation))).map((operation) => `${key(operation)}: is no longer`),
  ]
}

const sorted = (operation: ApiOperation): ApiOperation => ({
  ...operation,
  scopes: [...(operation.scopes ?? [])].sort(),
})

/** API Manager keeps a schema up to white space. */
const words = (sdl: string): string => sdl.replaceAll(/\s+/g, ' ').trim()
