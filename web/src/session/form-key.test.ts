import { describe, expect, it } from 'vitest'
import { keyFor, NO_KEY } from './form-key.ts'

let made = 0
const newKey = (): string => {
  made += 1
  return `key ${made}`
}

describe('the idempotency key of a form', () => {
  it('is one for the same input, however often it is sent', () => {
    const first = keyFor(NO_KEY, { amount: '5' }, newKey)
    expect(keyFor(first, { amount: '5' }, newKey)).toBe(first)
  })

  it('is another for another input, and for one that comes after it was done', () => {
    const first = keyFor(NO_KEY, { amount: '5' }, newKey)
    const other = keyFor(first, { amount: '6' }, newKey)
    const afterDone = keyFor(NO_KEY, { amount: '5' }, newKey)
    expect(new Set([first.key, other.key, afterDone.key]).size).toBe(3)
  })
})
