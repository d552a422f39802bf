import { createHash } from 'node:crypto'
import { isObject } from './execution/json.ts'

/** Why an operation is not taken, by the names that GraphOS Router gave them; with what clients are told. */
export const UNREGISTERED = {
  PERSISTED_QUERY_NOT_IN_LIST: 'No operation is registered under this hash.',
  QUERY_NOT_IN_SAFELIST: 'Only operations that are registered are run here.',
} as const satisfies Record<string, string>

export type Unregistered = keyof typeof UNREGISTERED

/** What was asked, with the document where its hash stood; or why it is refused. */
export type Admitted<Asked> = { readonly asked: Asked } | { readonly refused: Unregistered }

const FORMAT = 'apollo-persisted-query-manifest'
const VERSION = 1

/** The operations that clients were built with: with these, nothing else is parsed. */
export class RegisteredOperations {
  readonly #byHash: ReadonlyMap<string, string>
  readonly #texts: ReadonlySet<string>

  constructor(byHash: ReadonlyMap<string, string>) {
    this.#byHash = byHash
    this.#texts = new Set(byHash.values())
  }

  get size(): number {
    return this.#byHash.size
  }

  /**
   * The parameters of a request whose document is registered. What has neither a document nor a hash is let through: it
   * names nothing that could run.
   */
  admit(asked: unknown): Admitted<unknown> {
    if (!isObject(asked)) return { asked }
    const { query, extensions, ...others } = asked
    if (typeof query === 'string' && query !== '') {
      return this.#texts.has(query) ? { asked } : { refused: 'QUERY_NOT_IN_SAFELIST' }
    }
    const hash = hashOf(extensions)
    if (hash === null) return query === '' ? { refused: 'QUERY_NOT_IN_SAFELIST' } : { asked }
    const text = this.#byHash.get(hash)
    if (text === undefined) return { refused: 'PERSISTED_QUERY_NOT_IN_LIST' }
    return { asked: { ...others, query: text } }
  }

  /** The same for the parameters in a URL. */
  admitSearch(search: string): Admitted<string> {
    const parameters = new URLSearchParams(search)
    const admitted = this.admit({
      query: parameters.get('query') ?? undefined,
      extensions: parsed(parameters.get('extensions') ?? ''),
    })
    if ('refused' in admitted) return admitted
    const text = isObject(admitted.asked) ? admitted.asked.query : undefined
    if (typeof text !== 'string' || text === parameters.get('query')) return { asked: search }
    parameters.set('query', text)
    parameters.delete('extensions')
    return { asked: `?${parameters}` }
  }
}

/**
 * Reads a manifest as `@apollo/generate-persisted-query-manifest`, Apollo's Kotlin and Swift compilers and Rover write it.
 * Throws when it is none, or when an id is not the SHA-256 of its document.
 */
export function readManifest(text: string): RegisteredOperations {
  const manifest = parsed(text)
  if (!isObject(manifest) || manifest.format !== FORMAT || manifest.version !== VERSION) {
    throw new Error(`The manifest of operations is not of the format ${FORMAT}, version ${VERSION}.`)
  }
  if (!Array.isArray(manifest.operations)) throw new Error('The manifest has no operations.')
  const byHash = new Map<string, string>()
  for (const [index, operation] of manifest.operations.entries()) {
    const { id, body } = isObject(operation) ? operation : {}
    if (typeof id !== 'string' || typeof body !== 'string' || sha256(body) !== id) {
      throw new Error(`Operation ${index} of the manifest is not registered under the SHA-256 of its document.`)
    }
    byHash.set(id, body)
  }
  return new RegisteredOperations(byHash)
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

function hashOf(extensions: unknown): string | null {
  const persisted = isObject(extensions) ? extensions.persistedQuery : null
  const hash = isObject(persisted) ? persisted.sha256Hash : null
  return typeof hash === 'string' ? hash : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What it is for says that it is none.
    return undefined
  }
}
