import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@corridor/platform'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { scimDirectory } from '../src/index.ts'
import { behavesAsDirectory, created, newUser } from './directory-suite.ts'
import { type ScimServer, startScimServer } from './scim-server.ts'

let library: ScimServer

beforeAll(async () => {
  library = await startScimServer()
})
afterAll(() => library.close())

describe('users of a SCIM 2.0 server of a library', () => {
  const directory = () => scimDirectory({ ...library.access, clock: systemClock })
  behavesAsDirectory(directory)

  it('are reached with a new token once the old one is revoked', async () => {
    const kept = directory()
    const id = await created(kept, newUser())
    library.revokeTokens()
    expect(await kept.find(id)).toMatchObject({ id })
  })

  it('are away with a fault that names nobody', async () => {
    const away = scimDirectory({ ...library.access, scimUrl: 'http://127.0.0.1:1/scim2', clock: systemClock })
    const fault = await away.create(newUser({ email: 'canary@example.com' })).catch((error: unknown) => error)
    expect(fault).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
    expect(JSON.stringify(fault) + String(fault)).not.toContain('canary')
  })
})

const SPECIFICATION = join(import.meta.dirname, '../../../../shared/wso2/openapi/is-7.1.0-scim2.yaml')
const absent = !existsSync(SPECIFICATION)

describe.skipIf(absent)(`requests to SCIM2${absent ? ' (skipped: ../shared is absent)' : ''}`, () => {
  it('are those that Identity Server 7.1 describes', () => {
    const specification = parse(readFileSync(SPECIFICATION, 'utf8')) as Specification
    expect(library.requests.length).toBeGreaterThan(50)
    const methods = new Set(library.requests.map(({ method, path }) => `${method} ${templateOf(path)}`))
    expect([...methods].sort()).toEqual(
      ['DELETE /Users/{id}', 'GET /Users', 'GET /Users/{id}', 'PATCH /Users/{id}', 'POST /Users'].sort(),
    )
    const problems = library.requests.flatMap((request) => problemsOf(specification, request))
    expect([...new Set(problems)]).toEqual([])
  })
})

interface Specification {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly definitions: Readonly<Record<string, { properties?: object }>>
}
interface Operation {
  readonly consumes?: readonly string[]
  readonly parameters?: readonly { in: string; name: string; schema?: object }[]
}

const templateOf = (path: string): string => path.replace(/^\/Users\/.+$/, '/Users/{id}')

function problemsOf(
  specification: Specification,
  { method, path, query, body, contentType }: ScimServer['requests'][number],
): string[] {
  const operation = specification.paths[templateOf(path)]?.[method.toLowerCase()]
  if (!operation) return [`${method} ${templateOf(path)} is not described`]
  const { parameters = [], consumes = ['application/json'] } = operation
  const known = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  const unknown = Object.keys(query).filter((name) => !known.includes(name))
  const schema = parameters.find((parameter) => parameter.in === 'body')?.schema
  if (!schema) return unknown.map((name) => `${method}: ${name} is not described`)
  const type = consumes.includes(contentType) ? [] : [`${method}: ${contentType} is not described`]
  return [
    ...unknown.map((name) => `${method}: ${name} is not described`),
    ...type,
    ...bodyProblems(specification, schema, body),
  ]
}

function bodyProblems({ definitions }: Specification, schema: object, body: unknown): string[] {
  // The description demands `username` and has `schemas` an object; SCIM, and the server, say `userName` and a list.
  const { properties } = definitions.UserObject ?? {}
  const user = { properties: { ...properties, schemas: { type: 'array' } }, required: ['userName', 'password'] }
  const ajv = new Ajv({ strict: false, allErrors: true })
  const valid = ajv.compile({ ...schema, definitions: { ...definitions, UserObject: user } })
  valid(body)
  return (valid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
