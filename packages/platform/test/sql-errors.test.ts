import { describe, expect, it } from 'vitest'
import { isRetryableSqlError } from '../src/index.ts'

const passing = {
  '08006': 'a connection lost',
  '40001': 'a serialisation failure',
  '40P01': 'a deadlock',
  '53100': 'a full disk',
  '53300': 'too many connections',
  '57014': 'a statement that took too long',
  '57P03': 'a server that is starting',
  '58030': 'a disk that fails',
}
const lasting = { '22003': 'a number too large', '23505': 'a key twice', '42703': 'no such column', P0001: 'a trigger' }
const stateOf = (code: string) => Object.assign(new Error('from PostgreSQL'), { code })

describe('an error of PostgreSQL', () => {
  it.each(Object.entries(passing))('%s, %s, may be gone when it is tried again', (code) => {
    expect(isRetryableSqlError(stateOf(code))).toBe(true)
  })

  it.each(Object.entries(lasting))('%s, %s, stays', (code) => {
    expect(isRetryableSqlError(stateOf(code))).toBe(false)
  })
})
