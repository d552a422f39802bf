import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApolloServerErrorCode } from '@apollo/server/errors'
import { ERROR_MESSAGES } from '@corridor/platform'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../src/root.ts'

/** Apollo's own, beside those that it shares with the platform. */
const APOLLO_CODES = [
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_REQUEST,
  ApolloServerErrorCode.PERSISTED_QUERY_NOT_FOUND,
  'PERSISTED_QUERY_NOT_IN_LIST',
  'QUERY_NOT_IN_SAFELIST',
]

describe('docs/errors.md', () => {
  const text = readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8')
  const codes: string[] = [...Object.keys(ERROR_MESSAGES), ...APOLLO_CODES]
  const sections = text.split(/^### /m).slice(1)

  it('has one section for every code, and none for a code that does not exist', () => {
    const documented = sections.map((section) => section.split('\n', 1)[0])
    expect(documented.toSorted()).toEqual(codes.toSorted())
  })

  it('gives each code a cause and a remedy', () => {
    const incomplete = sections.filter((section) => !/^[A-Z_]+\n\n- Cause: \S[\s\S]*?\n- Remedy: \S/.test(section))
    expect(incomplete).toEqual([])
  })

  it('names no other code in passing', () => {
    const named = [...text.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g)].map(([code]) => code)
    expect(named.filter((code) => !codes.includes(code))).toEqual([])
  })
})
