/** What the page is told at run time, by `/config.json` of whoever serves it. Nothing of it is secret. */
export interface Config {
  /** The issuer of tokens; its discovery document lies below it. */
  readonly issuer: string
  readonly clientId: string
  /** Where traces can be looked at, with `{traceId}` for the one asked for; null where there is no such place. */
  readonly traceUrl: string | null
}

/** @throws Error when the file is missing or is no configuration. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch('/config.json', { credentials: 'same-origin' })
  const value: unknown = await response.json()
  if (!isConfig(value)) throw new Error('config.json must have issuer, clientId and traceUrl.')
  return value
}

const isConfig = (value: unknown): value is Config =>
  typeof value === 'object' &&
  value !== null &&
  'issuer' in value &&
  typeof value.issuer === 'string' &&
  'clientId' in value &&
  typeof value.clientId === 'string' &&
  'traceUrl' in value &&
  (value.traceUrl === null || typeof value.traceUrl === 'string')
