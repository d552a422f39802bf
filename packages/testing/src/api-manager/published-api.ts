import { buildSchema, type GraphQLSchema } from 'graphql'

/** A root field as API Manager holds it: whatever `authType` but `None` needs a token with any of the scopes. */
export interface PublishedOperation {
  readonly target: string
  readonly verb: string
  readonly authType: string
  readonly scopes: readonly string[]
}

/** What provisioning gave API Manager, as far as its gateway goes by it. */
export interface PublishedApi {
  /** `/context/version`, the path of the API at the gateway and the `apicontext` of assertions. */
  readonly context: string
  readonly sdl: string
  readonly operations: readonly PublishedOperation[]
  /** Points of fields; a field without counts 1. */
  readonly weights: readonly { readonly type: string; readonly field: string; readonly complexityValue: number }[]
  readonly maxDepth: number
  readonly maxComplexity: number
  /** POST and, with ws in place of http, WebSocket: the address of the latter is derived, never configured. */
  readonly backendUrl: string
  readonly keyManager: { readonly issuer: string; readonly jwksUri: string }
}

/** An API as the gateway has it deployed. */
export interface DeployedApi extends PublishedApi {
  readonly schema: GraphQLSchema
}

export const deploy = (api: PublishedApi): DeployedApi => ({ ...api, schema: buildSchema(api.sdl) })
