/** Bodies of API Manager 4.5's REST APIs (Publisher v4, Admin v4, DevPortal v3), as far as they are used here. */

export interface SharedScope {
  readonly id?: string
  readonly name: string
  readonly displayName: string
  readonly description: string
  readonly bindings: readonly string[]
}

export interface ApiScope {
  readonly scope: SharedScope
  readonly shared: boolean
}

export interface ApiOperation {
  readonly target: string
  readonly verb: string
  readonly authType: string
  readonly throttlingPolicy: string
  readonly scopes: readonly string[]
}

/** The working copy of an API. Fields that are not named here are kept as they come. */
export interface Api {
  readonly id: string
  readonly name: string
  readonly context: string
  readonly version: string
  readonly lifeCycleStatus: string
  readonly operations: readonly ApiOperation[]
  readonly scopes: readonly ApiScope[]
}

export interface Revision {
  readonly id: string
  readonly description: string
  readonly deploymentInfo?: readonly { readonly name: string }[]
}

export interface SubscriptionPolicy {
  readonly policyId?: string
  readonly policyName: string
  readonly displayName: string
  readonly description: string
  readonly defaultLimit: object
  readonly stopOnQuotaReach: boolean
  readonly billingPlan: string
  readonly graphQLMaxDepth: number
  readonly graphQLMaxComplexity: number
}

export interface KeyManager {
  readonly id?: string
  readonly name: string
}

export interface Application {
  readonly applicationId: string
  readonly name: string
}

export interface ApplicationKey {
  readonly keyMappingId: string
  readonly keyManager: string
  readonly consumerKey: string
  readonly consumerSecret: string
  readonly keyType: string
}

/** The form of all lists. */
export interface List<T> {
  readonly count: number
  readonly list: readonly T[]
}
