import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { documentsIn } from '../operations.ts'

const WEB = join(import.meta.dirname, '..')
const documents = documentsIn(join(WEB, 'src'))

describe('the operations of the web app', () => {
  const schema = Supergraph.build(readFileSync(join(WEB, '..', 'supergraph.graphql'), 'utf8'), {
    supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  })
    .apiSchema()
    .toGraphQLJSSchema()

  it('are found', () => {
    expect(documents.length).toBeGreaterThan(1)
  })

  it.each(documents)('of $file are valid against the supergraph', ({ text }) => {
    expect(validate(schema, parse(text)).map(({ message }) => message)).toEqual([])
  })

  it('ask of every event that can be resumed for its cursor, and take up behind it', () => {
    const events = documents.filter(({ text }) => text.includes('paymentStatusChanged'))
    const forgetful = events.filter(({ text }) => !/\$after: String\b/.test(text) || !/\bcursor\b/.test(text))
    expect(forgetful).toEqual([])
  })
})
