import { outputIntrospectionFile } from '@gql.tada/internal'
import { introspectionFromSchema } from 'graphql'
import { apiSchemaOf } from './contract.ts'
import { readSupergraph } from './supergraph-model.ts'

/** A file of the web app that is made from the supergraph: its path from the root, and its text. */
export interface WebFile {
  readonly path: string
  readonly text: string
}

const FOLDER = 'web/src/api/generated'
/** What the generator tells linters and formatters that are not used here. */
const DIRECTIVES_OF_OTHER_TOOLS = /^(\/\*[^*]*\*\/\s*)+/

/** What the web app knows of the supergraph: the types that its operations are checked against, and every scope. */
export function webFiles(supergraphSdl: string): readonly WebFile[] {
  const introspection = introspectionFromSchema(apiSchemaOf(supergraphSdl), { descriptions: false })
  const types = outputIntrospectionFile(introspection, { fileType: '.d.ts', shouldPreprocess: true })
  return [
    { path: `${FOLDER}/schema.d.ts`, text: types.replace(DIRECTIVES_OF_OTHER_TOOLS, '') },
    { path: `${FOLDER}/scopes.ts`, text: scopesFile(supergraphSdl) },
  ]
}

function scopesFile(supergraphSdl: string): string {
  const fields = [...readSupergraph(supergraphSdl).fields.values()].flat()
  const scopes = [...new Set(fields.flatMap(({ scopes = [] }) => scopes.flat()))].sort()
  const lines = scopes.map((scope) => `  '${scope}',`)
  return `/** Every scope that a field of the supergraph asks for. */\nexport const SCOPES = [\n${lines.join('\n')}\n] as const\n`
}
