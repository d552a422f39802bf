import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { parseDocument } from 'yaml'

/** Where the products' OpenAPI documents are, when they are at hand. */
const FOLDER = resolve(import.meta.dirname, '../../../../shared/wso2/openapi')

export const CONTRACTS_REASON = '../shared is absent'
export const contractsArePresent = existsSync(FOLDER)

const DOCUMENTS = [
  { file: 'apim-4.5.0-publisher.yaml', base: '/api/am/publisher/v4' },
  { file: 'apim-4.5.0-admin.yaml', base: '/api/am/admin/v4' },
  { file: 'apim-4.5.0-devportal.yaml', base: '/api/am/devportal/v3' },
  { file: 'apim-4.5.0-gateway.yaml', base: '/api/am/gateway/v2' },
  { file: 'is-7.1.0-scim2.yaml', base: '/scim2' },
  { file: 'is-7.1.0-api-resources.yaml', base: '/api/server/v1' },
  { file: 'is-7.1.0-applications.yaml', base: '/api/server/v1' },
] as const

/**
 * Where a document is wrong: SCIM 2.0 (RFC 7643, 4.1.1 and 3) has `userName` and a list of `schemas`, and Identity Server
 * takes those; its document says otherwise.
 */
const MISTAKES_OF_DOCUMENTS = new Set([
  "POST /scim2/Users request: data must have required property 'username', data/schemas must be object",
])

export interface Exchanged {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly mediaType: string
  /** Parsed JSON, or the parts of a form by name. */
  readonly body: unknown
  readonly status: number
  readonly answer: unknown
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: object
}

interface Content {
  readonly schema?: object
}

interface ApiOperation {
  readonly parameters?: readonly object[]
  readonly requestBody?: object
  readonly consumes?: readonly string[]
  readonly responses: Readonly<Record<string, object>>
}

interface ApiDocument {
  readonly name: string
  readonly base: string
  readonly root: object
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
const compiled = new Map<string, ValidateFunction>()
let read: readonly ApiDocument[] | undefined

/** Read once for all: together they are more than a megabyte. */
function documents(): readonly ApiDocument[] {
  read ??= DOCUMENTS.map(({ file, base }) => {
    // The documents quote some examples in a way that YAML does not allow; what matters is read all the same.
    const options = { strict: false, uniqueKeys: false, logLevel: 'silent' } as const
    const root = parseDocument(readFileSync(join(FOLDER, file), 'utf8'), options).toJS({ maxAliasCount: -1 }) as object
    const paths = Reflect.get(root, 'paths') as ApiDocument['paths'] // Every OpenAPI document has them.
    ajv.addSchema(root, file)
    return { name: file, base, root, paths }
  })
  return read
}

/** Holds every request and every answer to the products' OpenAPI documents. */
export class Contracts {
  readonly violations: string[] = []
  checked = 0
  readonly #documents = documents()

  check(exchanged: Exchanged): void {
    const { method, path } = exchanged
    const found = this.#operationOf(method, path)
    if (found === null) {
      // Sign-in, token and health endpoints are described in none of the documents.
      if (this.#documents.some(({ base }) => path.startsWith(`${base}/`)))
        this.#report(exchanged, 'is no such operation')
      return
    }
    this.checked++
    this.#checkRequest(exchanged, found)
    this.#checkAnswer(exchanged, found)
  }

  #operationOf(
    method: string,
    path: string,
  ): { document: ApiDocument; operation: ApiOperation; shared: object[] } | null {
    for (const document of this.#documents) {
      if (!path.startsWith(`${document.base}/`)) continue
      const inner = path.slice(document.base.length)
      for (const [template, item] of Object.entries(document.paths)) {
        const pattern = new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`)
        const operation = item[method.toLowerCase()]
        if (!pattern.test(inner) || operation === undefined) continue
        const shared = (item.parameters ?? []) as object[] // Parameters of the path, as OpenAPI has them.
        return { document, operation: operation as ApiOperation, shared }
      }
    }
    return null
  }

  #checkRequest(
    exchanged: Exchanged,
    { document, operation, shared }: { document: ApiDocument; operation: ApiOperation; shared: object[] },
  ): void {
    const parameters = [...shared, ...(operation.parameters ?? [])].map(
      (item) => this.#resolve(document, item) as unknown as Parameter,
    )
    const known = new Set(parameters.filter((item) => item.in === 'query').map(({ name }) => name))
    for (const name of exchanged.query.keys()) {
      if (!known.has(name)) this.#report(exchanged, `has the unknown query parameter ${name}`)
    }
    for (const { in: where, name, required } of parameters) {
      if (where === 'query' && required && !exchanged.query.has(name)) this.#report(exchanged, `lacks ${name}`)
    }
    const schema = this.#bodySchema(document, operation, parameters, exchanged)
    if (schema !== undefined) this.#validate(exchanged, document, schema, exchanged.body, 'request')
  }

  #bodySchema(
    document: ApiDocument,
    operation: ApiOperation,
    parameters: readonly Parameter[],
    exchanged: Exchanged,
  ): object | undefined {
    const inSwagger2 = parameters.find((item) => item.in === 'body')
    if (inSwagger2 !== undefined) {
      const consumes = operation.consumes ?? ['application/json']
      if (!consumes.includes(exchanged.mediaType)) this.#report(exchanged, `is ${exchanged.mediaType}`)
      return inSwagger2.schema
    }
    if (operation.requestBody === undefined) {
      if (exchanged.body !== undefined) this.#report(exchanged, 'has a body, and takes none')
      return undefined
    }
    const content = contentOf(this.#resolve(document, operation.requestBody))
    const media = content[exchanged.mediaType]
    if (media === undefined)
      this.#report(exchanged, `is ${exchanged.mediaType}, not ${Object.keys(content).join(', ')}`)
    return media?.schema
  }

  #checkAnswer(
    exchanged: Exchanged,
    { document, operation }: { document: ApiDocument; operation: ApiOperation },
  ): void {
    const described = operation.responses[exchanged.status]
    if (described === undefined) {
      this.#report(exchanged, `is answered ${exchanged.status}, which is not described`)
      return
    }
    const response = this.#resolve(document, described)
    const schema =
      contentOf(response)['application/json']?.schema ?? (Reflect.get(response, 'schema') as object | undefined)
    if (schema !== undefined && exchanged.answer !== undefined) {
      this.#validate(exchanged, document, schema, exchanged.answer, 'answer')
    }
  }

  #validate(exchanged: Exchanged, document: ApiDocument, schema: object, value: unknown, what: string): void {
    const key = `${document.name} ${JSON.stringify(schema)}`
    let validate = compiled.get(key)
    if (validate === undefined) {
      validate = ajv.compile(absolute(schema, document.name) as object)
      compiled.set(key, validate)
    }
    if (!validate(value)) this.#report(exchanged, `${what}: ${ajv.errorsText(validate.errors)}`)
  }

  #resolve(document: ApiDocument, item: object): object {
    const reference: unknown = Reflect.get(item, '$ref')
    if (typeof reference !== 'string') return item
    const parts = reference.slice('#/'.length).split('/')
    return parts.reduce((value, part) => Reflect.get(value, part) as object, document.root) // Documents refer to themselves alone.
  }

  #report({ method, path }: Exchanged, problem: string): void {
    const violation = `${method} ${path} ${problem}`
    if (!MISTAKES_OF_DOCUMENTS.has(violation)) this.violations.push(violation)
  }
}

const contentOf = (item: object): Readonly<Record<string, Content>> =>
  (Reflect.get(item, 'content') ?? {}) as Readonly<Record<string, Content>> // As OpenAPI 3 has it.

/** References of a part of a document, made to name the document. */
function absolute(schema: unknown, name: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => absolute(item, name))
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' && value.startsWith('#') ? `${name}${value}` : absolute(value, name),
    ]),
  )
}
