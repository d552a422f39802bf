import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Client, cacheExchange, fetchExchange, gql } from 'urql'
import { describe, expect, it } from 'vitest'
import { documentsIn, operationsManifest, type RegisteredOperation } from '../operations.ts'

const SOURCES = join(import.meta.dirname, '..', 'src')
const { operations } = JSON.parse(operationsManifest(SOURCES)) as { operations: readonly RegisteredOperation[] } // As written.
const bodyOf = new Map(operations.map(({ name, body }) => [name, body]))

/** What goes over the wire for a document. */
async function sent(text: string): Promise<string> {
  let query = ''
  const client = new Client({
    url: 'http://router.test/graphql',
    preferGetMethod: false,
    exchanges: [cacheExchange, fetchExchange],
    fetch: async (_, init) => {
      query = (JSON.parse(String(init?.body)) as { query: string }).query // urql's own request.
      return new Response('{"data":{}}', { headers: { 'content-type': 'application/json' } })
    },
  })
  const document = gql(text)
  await (text.includes('mutation') ? client.mutation(document, {}) : client.query(document, {})).toPromise()
  return query
}

describe('the operations to be registered with a router', () => {
  const documents = documentsIn(SOURCES)

  it('are all that the app has, each under a name of its own', () => {
    expect(operations).toHaveLength(documents.length)
    expect(bodyOf.size).toBe(documents.length)
  })

  it('are named by the hash of their text', () => {
    const wrong = operations.filter(({ id, body }) => createHash('sha256').update(body).digest('hex') !== id)
    expect(wrong).toEqual([])
  })

  it.each(documents.filter(({ text }) => !/^\s*subscription/.test(text)))(
    'of $file have the text that is sent',
    async ({ text }) => {
      const name = /(?:query|mutation) (\w+)/.exec(text)?.[1] ?? ''
      expect(bodyOf.get(name)).toBe(await sent(text))
    },
  )
})
