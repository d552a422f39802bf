export { assertPortFree, freePort } from './ports.ts'
export { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres/start-postgres.ts'
export { StartError } from './start-error.ts'
