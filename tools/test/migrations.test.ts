import { describe, expect, it } from 'vitest'
import {
  formatChecksums,
  migrationProblems,
  parseChecksums,
  presentChecksums,
  recordedChecksums,
} from '../src/migrations.ts'
import { ROOT } from '../src/root.ts'

describe('migrations', () => {
  it('are recorded, and never edited afterwards', () => {
    const present = presentChecksums(ROOT)
    expect(present.size).toBeGreaterThan(0)
    expect(migrationProblems({ recorded: recordedChecksums(ROOT), present })).toEqual([])
  })

  it('are found out when edited, removed or not recorded', () => {
    const recorded = new Map([
      ['a.sql', 'same'],
      ['b.sql', 'before'],
      ['c.sql', 'gone'],
    ])
    const present = new Map([
      ['a.sql', 'same'],
      ['b.sql', 'after'],
      ['d.sql', 'new'],
    ])
    expect(migrationProblems({ recorded, present })).toEqual([
      expect.stringMatching(/^b\.sql was edited/),
      expect.stringMatching(/^c\.sql is gone/),
      expect.stringMatching(/^d\.sql is not recorded/),
    ])
  })

  it('are listed in a form that is read back the same', () => {
    const checksums = new Map([
      ['b.sql', 'b'.repeat(64)],
      ['a.sql', 'a'.repeat(64)],
    ])
    const text = formatChecksums(checksums)
    expect(text).toBe(`${'a'.repeat(64)}  a.sql\n${'b'.repeat(64)}  b.sql\n`)
    expect(parseChecksums(text)).toEqual(checksums)
    expect(() => parseChecksums('no checksum')).toThrow('no checksum')
  })
})
