import { Agent, type Dispatcher, FormData, request } from 'undici'
import { type Product, ProductError } from './product-error.ts'

const REQUEST_TIMEOUT_MS = 60_000
const MAX_MESSAGE_CHARACTERS = 500

export interface RestClientOptions {
  readonly product: Product
  /** Scheme, host and port; paths of requests start with a slash. */
  readonly baseUrl: string
  /** PEM of the authority that is trusted, and no other; undefined: those of the system. */
  readonly ca?: string | undefined
  /** The value of the Authorization header. */
  authorize(): Promise<string>
}

export type RestBody =
  | { readonly json: unknown; readonly type?: string }
  | { readonly form: Readonly<Record<string, string>> }
  | { readonly parts: FormData }

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly body?: RestBody
}

/** One product's REST APIs. TLS is always verified. */
export class RestClient {
  readonly #options: RestClientOptions
  readonly #dispatcher: Dispatcher

  constructor(options: RestClientOptions) {
    this.#options = options
    this.#dispatcher = new Agent({ connect: options.ca === undefined ? {} : { ca: options.ca } })
  }

  /**
   * The answer's JSON, whose shape is the one that the product's OpenAPI document gives to the operation; undefined when
   * it is empty. @throws {ProductError} for every status from 400 on, and when there is no answer.
   */
  async send<T>(wanted: RestRequest): Promise<T> {
    const { statusCode, text } = await this.#exchange(wanted)
    if (statusCode >= 400) throw this.#refused(wanted, statusCode, text)
    return parseJson(text) as T // See above: the caller names the shape that is documented for the operation.
  }

  /** As `send`, but null for what is not there. */
  async find<T>(wanted: RestRequest): Promise<T | null> {
    try {
      return await this.send<T>(wanted)
    } catch (error) {
      if (error instanceof ProductError && error.status === 404) return null
      throw error
    }
  }

  /** The status alone; 0 when there is no answer. For probes. */
  async status(path: string): Promise<number> {
    try {
      return (await this.#exchange({ method: 'GET', path })).statusCode
    } catch (error) {
      if (error instanceof ProductError && error.status === 0) return 0
      throw error
    }
  }

  close(): Promise<void> {
    return this.#dispatcher.close()
  }

  async #exchange({ method, path, query, body }: RestRequest): Promise<{ statusCode: number; text: string }> {
    const authorization = await this.#options.authorize()
    try {
      const answer = await request(new URL(path, this.#options.baseUrl), {
        method,
        dispatcher: this.#dispatcher,
        headersTimeout: REQUEST_TIMEOUT_MS,
        bodyTimeout: REQUEST_TIMEOUT_MS,
        headers: {
          accept: 'application/json, application/scim+json',
          ...(authorization === '' ? {} : { authorization }),
          ...contentType(body),
        },
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { body: encode(body) }),
      })
      return { statusCode: answer.statusCode, text: await answer.body.text() }
    } catch (error) {
      throw this.#unreachable(`${method} ${path}`, error)
    }
  }

  #refused({ method, path }: RestRequest, status: number, text: string): ProductError {
    return new ProductError({
      product: this.#options.product,
      operation: `${method} ${path}`,
      status,
      ...describe(text),
    })
  }

  #unreachable(operation: string, error: unknown): ProductError {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const certificate = /CERT|ALTNAME|SIGNATURE|SELF_SIGNED/.test(code)
    return new ProductError(
      {
        product: this.#options.product,
        operation,
        status: 0,
        code: certificate ? 'CERTIFICATE' : 'UNREACHABLE',
        message: `no answer from ${this.#options.baseUrl}${code === '' ? '' : ` (${code})`}`,
      },
      { cause: error },
    )
  }
}

function contentType(body: RestBody | undefined): Record<string, string> {
  if (body === undefined || 'parts' in body) return {}
  if ('form' in body) return { 'content-type': 'application/x-www-form-urlencoded' }
  return { 'content-type': body.type ?? 'application/json' }
}

function encode(body: RestBody): string | FormData {
  if ('parts' in body) return body.parts
  return 'form' in body ? new URLSearchParams(body.form).toString() : JSON.stringify(body.json)
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Some answers are plain text ("OK"); whoever reads them asks for the text.
    return text
  }
}

/** Code and words of an error, in each of the forms that the products use: their own, SCIM's (RFC 7644), OAuth's (RFC 6749). */
function describe(text: string): { code: string; message: string } {
  const body = parseJson(text)
  if (typeof body !== 'object' || body === null) return { code: '', message: text.slice(0, MAX_MESSAGE_CHARACTERS) }
  const field = (...names: string[]): string => {
    for (const name of names) {
      const value: unknown = Reflect.get(body, name)
      if (typeof value === 'string' || typeof value === 'number') return String(value)
    }
    return ''
  }
  const message = [field('message', 'error_description', 'detail'), field('description')].filter(Boolean).join(': ')
  return { code: field('code', 'error', 'scimType'), message: message || text.slice(0, MAX_MESSAGE_CHARACTERS) }
}

/** `multipart/form-data` of texts and files. */
export function partsOf(texts: Readonly<Record<string, string>>, file?: { name: string; text: string }): FormData {
  const parts = new FormData()
  for (const [name, text] of Object.entries(texts)) parts.set(name, text)
  if (file) parts.set('file', new Blob([file.text], { type: 'application/octet-stream' }), file.name)
  return parts
}
