type Plain = string | number | bigint | boolean | null | undefined | readonly string[]

/**
 * Every field that a line of the log may have: ids, codes, names of our own and numbers, never input. A field that is not
 * here does not compile, and is written as redacted where types were got around.
 */
const LOG_FIELDS = [
  'accounts',
  'alert',
  'attempt',
  'attempts',
  'channel',
  'check',
  'client',
  'clientVersion',
  'code',
  'consumer',
  'databaseMs',
  'delivery',
  'detail',
  'domain',
  'durationMs',
  'event',
  'failures',
  'finding',
  'givenUp',
  'groupId',
  'how',
  'invariant',
  'isNew',
  'kafka',
  'kind',
  'logLevel',
  'loop',
  'mid',
  'offset',
  'operation',
  'pair',
  'part',
  'partition',
  'path',
  'payment',
  'paymentId',
  'payments',
  'plan',
  'port',
  'profile',
  'provider',
  'reason',
  'refund',
  'refused',
  'restartMs',
  'retryMs',
  'signal',
  'source',
  'statement',
  'status',
  'subgraph',
  'topic',
  'wallets',
  'word',
] as const

export type LogFields = Partial<Readonly<Record<(typeof LOG_FIELDS)[number], Plain>>> & {
  /** Name, message, code and stack of it are written; what a database says of values is not. */
  readonly error?: unknown
}

const ALLOWED: ReadonlySet<string> = new Set([...LOG_FIELDS, 'error', 'trace_id', 'span_id'])
const REDACTED = '[redacted]'

/** The fields as they may be written. */
export function allowedFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const written: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) written[name] = ALLOWED.has(name) ? value : REDACTED
  return written
}
