import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERROR_SENTENCES, NETWORK, problemOf } from '../src/api/errors.ts'

const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'errors.md'), 'utf8')
const codes = [...docs.matchAll(/^### ([A-Z_]+)$/gm)].map(([, code]) => code)

describe('the sentences for errors', () => {
  it('are there for every documented code, and for no other', () => {
    expect(codes.length).toBeGreaterThan(30)
    expect(Object.keys(ERROR_SENTENCES).toSorted()).toEqual(codes.toSorted())
  })

  it.each(Object.entries(ERROR_SENTENCES))('of %s say what happened and what to do', (_, sentences) => {
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/)
  })

  it('are there for a code of tomorrow, and for a request without an answer', () => {
    expect(problemOf('OF_TOMORROW').says).toBe('Something went wrong.')
    expect(problemOf(NETWORK).says).toBe('The platform could not be reached.')
  })
})
