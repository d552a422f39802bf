import type { Logger } from '@corridor/platform'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'

export interface IssuerKeysOptions {
  /** Where the issuer publishes its keys (RFC 7517). */
  readonly url: URL
  /** How long keys are taken that could not be read again. */
  readonly maxAgeMs: number
  readonly logger: Logger
  /** Milliseconds that only ever grow, whatever is done to the clock. */
  readonly nowMs?: () => number
}

interface Known {
  readonly find: JWTVerifyGetKey
  readonly readAtMs: number
}

/** Longer than Identity Server's tokens live by default: while it is away, none ends for want of a key. */
export const DEFAULT_KEYS_MAX_AGE_SECONDS = 7_200
/** Keys are read again so often within their age, so that one failure is no matter: every ten minutes by default. */
const READS_PER_AGE = 12
const TIMEOUT_MS = 5_000
/** Whoever shows keys that nobody knows makes the issuer be asked no more often than this. */
const MIN_READ_MS = 10_000
/** The same while it does not answer. */
const MIN_RETRY_MS = 1_000

/**
 * The keys of an issuer of tokens, for jose. They are read when they are first needed, again before they are old, while those
 * that are known serve, and when a token names one that is not known. An issuer that is away is asked once a second at most.
 * What is answered rejects with jose's error for a key that does not exist, and with any other when that cannot be known.
 */
export function issuerKeys(options: IssuerKeysOptions): JWTVerifyGetKey {
  const keys = new IssuerKeys(options)
  return (header, token) => keys.find(header, token)
}

class IssuerKeys {
  private known: Known | null = null
  private askedAtMs = Number.NEGATIVE_INFINITY
  /** Why the last reading failed; null when it did not. */
  private failure: Error | null = null
  private reading: Promise<void> | null = null
  private readonly nowMs: () => number
  private readonly refreshAfterMs: number

  constructor(private readonly options: IssuerKeysOptions) {
    this.nowMs = options.nowMs ?? (() => performance.now())
    this.refreshAfterMs = options.maxAgeMs / READS_PER_AGE
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    const { find } = await this.current()
    try {
      return await find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      await this.read()
      if (this.failure) throw this.failure
      return await (this.known?.find ?? find)(header, token)
    }
  }

  private async current(): Promise<Known> {
    const ageMs = this.known ? this.nowMs() - this.known.readAtMs : Number.POSITIVE_INFINITY
    if (this.known && ageMs <= this.options.maxAgeMs) {
      if (ageMs > this.refreshAfterMs) void this.read()
      return this.known
    }
    await this.read()
    if (this.failure) throw this.failure
    if (!this.known) throw new Error('The keys of the issuer were not read.')
    return this.known
  }

  /** Reads the keys unless that was done just now. Never rejects: `failure` says what went wrong. */
  private async read(): Promise<void> {
    const waitMs = Math.min(this.failure ? MIN_RETRY_MS : MIN_READ_MS, this.refreshAfterMs)
    if (!this.reading && this.nowMs() - this.askedAtMs >= waitMs) {
      this.askedAtMs = this.nowMs()
      this.reading = this.readNow().finally(() => {
        this.reading = null
      })
    }
    await this.reading
  }

  private async readNow(): Promise<void> {
    const { url, logger } = this.options
    try {
      this.known = { find: createLocalJWKSet(await fetchKeys(url)), readAtMs: this.nowMs() }
      this.failure = null
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error))
      logger.warn({ error }, 'the keys of the issuer could not be read; those that are known serve')
    }
  }
}

async function fetchKeys(url: URL): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`The issuer answered with status ${response.status}.`)
  return (await response.json()) as JSONWebKeySet // jose judges it.
}
