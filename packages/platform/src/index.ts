export { type Cache, inProcessCache, redisCache } from './cache.ts'
export { asOneList, CallGroup, type CallGroupOptions, isAway, type Turn } from './call-group.ts'
export { ANONYMOUS, type Caller, hasScope, type IdentityClaims, idempotencyScope } from './caller.ts'
export { type Clock, systemClock } from './clock.ts'
export * as setting from './config.ts'
export { ConfigError, readConfig, type Setting } from './config.ts'
export {
  createPool,
  inTransaction,
  inTransactionOrRefuse,
  isRetryableSqlError,
  type Pool,
  type SqlClient,
  sqlState,
  type TransactionOptions,
} from './database.ts'
export {
  type Accepted,
  accept,
  ERROR_MESSAGES,
  type ErrorCode,
  Fault,
  InvariantError,
  invariant,
  isErrorCode,
  orThrow,
  type Refusal,
  RefusalError,
  type Result,
  refuse,
} from './errors.ts'
export {
  checkDependency,
  checkService,
  Degraded,
  type DependencyState,
  dependsOn,
  type PartState,
  type State,
  stateOf,
} from './health.ts'
export { CONNECTION_LIMITS, type ConnectionLimits, closeHttp, listenHttp } from './http-server.ts'
export {
  type CanonicalInput,
  type Claim,
  canonicalJson,
  IDEMPOTENCY_TABLE_SQL,
  IdempotencyKeys,
  type IdempotentCall,
} from './idempotency.ts'
export { isUuid, uuidv5, uuidv7 } from './ids.ts'
export {
  createSigner,
  createVerifier,
  generateInternalKeyPair,
  INTERNAL_TOKEN_SECONDS,
  isJwk,
  type JWK,
  type KeyPair,
  type Signer,
  type VerifiedCall,
  type Verifier,
} from './internal-tokens.ts'
export { type Lifecycle, runMain, STARTED } from './lifecycle.ts'
export type { LogFields } from './log-fields.ts'
export {
  createLogger,
  type LeveledLogger,
  type Logger,
  type LogLevel,
  silentLogger,
  switchLevelBySignal,
} from './logger.ts'
export { withDatabaseTime } from './metrics/database-time.ts'
export { prometheusName, prometheusText } from './metrics/prometheus.ts'
export { onRead, type Reader, readAll } from './metrics/readers.ts'
export {
  allMetrics,
  counter,
  gauge,
  histogram,
  MAX_SERIES,
  type Metric,
  type MetricOptions,
  OTHER,
} from './metrics/registry.ts'
export { Counter, DATABASE_SECONDS, Gauge, Histogram, REQUEST_SECONDS } from './metrics/series.ts'
export { type SlowStatements, tellSlowStatements } from './metrics/slow-statements.ts'
export {
  applicationRole,
  type DatabaseSpec,
  type DatabaseUrls,
  migrate,
  ownerRole,
  provisionDatabase,
  withDatabase,
} from './migrate.ts'
export { OPERATIONS_SETTINGS, type Operations, startOperations } from './operations.ts'
export { type Figure, type ProcessReport, reportOf, worstOf } from './operations-server.ts'
export { createOrm, type EntityManager, LockMode, type MikroORM, sqlOf } from './orm.ts'
export { inProcessRateLimiter, type RateLimit, type RateLimiter } from './rate-limiter.ts'
export { redisRateLimiter } from './redis-rate-limiter.ts'
export { ROLE_SCOPES, type Role } from './roles.ts'
export { type Call, inCall } from './telemetry/calls.ts'
export {
  contextOf,
  currentTraceparent,
  inGroupSpan,
  inSpan,
  isTraced,
  type SpanOptions,
  traceparentFor,
  traceparentOf,
} from './telemetry/spans.ts'
export { startTelemetry, type Telemetry } from './telemetry/start-telemetry.ts'
export { isText } from './text.ts'
export { TLS_SETTINGS, type Tls, tlsOf } from './tls.ts'
export { inProcessWakeups, redisWakeups, type Wakeups } from './wakeups.ts'
