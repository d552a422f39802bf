export type { CallbackOwners } from './callbacks.ts'
export type { AuthMode, IdentityOptions } from './identity.ts'
export { DEFAULT_LIMITS, type RouterLimits } from './limits.ts'
export { createRouter, type Router, type RouterDeps, type RunningRouter } from './router.ts'
