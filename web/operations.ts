import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'gql.tada'
import { formatDocument, stringifyDocument } from 'urql'
import type { Plugin } from 'vite'

/** One operation as the app sends it, in Apollo's format for registered operations. */
export interface RegisteredOperation {
  /** SHA-256 of the body. */
  readonly id: string
  readonly name: string
  readonly type: 'query' | 'mutation' | 'subscription'
  readonly body: string
}

const DOCUMENT = /graphql\(\s*`([^`]*)`/g
const HEAD = /^\s*(query|mutation|subscription)\s+(\w+)/

/** Every document of the sources below `folder`, with the file that it stands in. */
export const documentsIn = (folder: string): readonly { readonly file: string; readonly text: string }[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.') && !file.includes('generated'))
    .flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(DOCUMENT)].map(([, text = '']) => ({ file, text })),
    )

/** What a router has to be given, that runs registered operations alone, so that the app works with it. */
export function operationsManifest(folder: string): string {
  const operations = documentsIn(folder).map(({ text }) => registered(text))
  return JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations })
}

/** Writes the manifest beside the built app. */
export const registeredOperations: Plugin = {
  name: 'registered-operations',
  generateBundle() {
    const source = operationsManifest(join(import.meta.dirname, 'src'))
    this.emitFile({ type: 'asset', fileName: 'operations.json', source })
  },
}

/** The text is the one that goes over the wire: queries and mutations by urql, which asks for types, too. */
function registered(text: string): RegisteredOperation {
  const [, type = '', name = ''] = HEAD.exec(text) ?? []
  if (type !== 'query' && type !== 'mutation' && type !== 'subscription') throw new Error(`No operation: ${text}`)
  const document = parse(text)
  const body = stringifyDocument(type === 'subscription' ? document : formatDocument(document))
  return { id: createHash('sha256').update(body).digest('hex'), name, type, body }
}
