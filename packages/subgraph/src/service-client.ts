import {
  type Caller,
  currentTraceparent,
  Fault,
  inSpan,
  isErrorCode,
  RefusalError,
  type Signer,
  type Tls,
} from '@corridor/platform'
import { SpanKind } from '@opentelemetry/api'
import { Pool } from 'undici'

export interface ServiceClient {
  /**
   * One operation on another subgraph's endpoint, with this service's token, on behalf of `caller` if given. Throws
   * `RefusalError` for a refusal of the other side's, `Fault` (SERVICE_UNAVAILABLE, retryable) when it is away, slow
   * or talks nonsense.
   */
  request<Data>(document: string, variables?: Record<string, unknown>, options?: { caller?: Caller }): Promise<Data>
  close(): Promise<void>
}

export interface ServiceClientOptions {
  /** The endpoint: http://localhost:8002/graphql */
  readonly url: string
  /** The subgraph's name, as its verifier expects it. */
  readonly audience: string
  readonly signer: Signer
  readonly timeoutMs?: number
  readonly connections?: number
  /** What this service shows, and the authority that it trusts; undefined: plain HTTP. */
  readonly tls?: Tls | undefined
}

const DEFAULT_TIMEOUT_MS = 10_000
const DEFAULT_CONNECTIONS = 32

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { message?: unknown; extensions?: { code?: unknown; field?: unknown } }[]
}

export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const { audience, signer, timeoutMs = DEFAULT_TIMEOUT_MS, connections = DEFAULT_CONNECTIONS } = options
  const { origin, pathname } = new URL(options.url)
  const tls = options.tls === undefined ? {} : { connect: { ...options.tls } }
  const pool = new Pool(origin, { connections, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, ...tls })

  const send = async (body: string, token: string): Promise<Answer> => {
    const traceparent = currentTraceparent()
    try {
      const response = await pool.request({
        method: 'POST',
        path: pathname,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          ...(traceparent === null ? {} : { traceparent }),
        },
        body,
      })
      return (await response.body.json()) as Answer // Judged field by field below.
    } catch (cause) {
      throw new Fault('SERVICE_UNAVAILABLE', `The ${audience} service did not answer.`, { cause })
    }
  }

  return {
    async request<Data>(
      document: string,
      variables: Record<string, unknown> = {},
      { caller }: { caller?: Caller } = {},
    ) {
      const token = await signer.sign(audience, caller ?? null)
      const { data, errors } = await inSpan(
        { service: signer.issuer, name: `call ${audience}`, kind: SpanKind.CLIENT },
        () => send(JSON.stringify({ query: document, variables }), token),
      )
      const error = errors?.[0]
      if (error) throw toError(error, audience)
      if (typeof data !== 'object' || data === null) {
        throw new Fault('SERVICE_UNAVAILABLE', `The ${audience} service gave no data.`)
      }
      return data as Data // The document says its shape; both sides are held to the schema by tests.
    },
    close: () => pool.close(),
  }
}

/**
 * A code that says what the input lacks is a refusal; what says that the other side failed is a fault. A bug there may be of
 * this input alone: whoever asked for many asks for each by itself, and nobody waits for what will not pass.
 */
function toError(error: NonNullable<Answer['errors']>[number], audience: string): Error {
  const { code, field } = error.extensions ?? {}
  const message = typeof error.message === 'string' ? error.message : 'The other service refused.'
  if (
    !isErrorCode(code) ||
    code === 'INTERNAL_SERVER_ERROR' ||
    code === 'SERVICE_UNAVAILABLE' ||
    code === 'UNAUTHENTICATED'
  ) {
    const retryable = code !== 'INTERNAL_SERVER_ERROR'
    return new Fault('SERVICE_UNAVAILABLE', `The ${audience} service failed: ${String(code ?? message)}`, { retryable })
  }
  return new RefusalError({ ok: false, code, message, ...(typeof field === 'string' ? { field } : {}) })
}
