import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createLogger, type LogFields, switchLevelBySignal } from '../src/index.ts'

function logged(work: (logger: ReturnType<typeof createLogger>) => void): {
  text: string
  fields: Record<string, unknown>
} {
  const lines: string[] = []
  work(createLogger({ service: 'ledger-service', level: 'info', write: (line) => lines.push(line) }))
  const text = lines.join('')
  return { text, fields: JSON.parse(text) as Record<string, unknown> } // One line of JSON.
}

describe('a line of the log', () => {
  it('is one line of JSON with service, time and what was said', () => {
    const { text, fields } = logged((logger) => logger.warn({ payment: 'an\nid', attempts: 2 }, 'not yet'))
    expect(text.trimEnd()).not.toContain('\n')
    expect(fields).toMatchObject({ service: 'ledger-service', payment: 'an\nid', attempts: 2, msg: 'not yet' })
    expect(fields).not.toHaveProperty('trace_id')
  })

  it('has no value of a field that is not allowed', () => {
    const fields = { displayName: 'Ada Lovelace', token: 'secret', payment: 'id' } as LogFields // As JavaScript may.
    const { text } = logged((logger) => logger.info(fields, 'something'))
    expect(text).not.toMatch(/Lovelace|secret/)
    expect(text).toContain('"displayName":"[redacted]"')
    expect(text).toContain('"payment":"id"')
  })

  it('says of an error neither the detail of the database nor the value that was wrong', () => {
    const broken = Object.assign(new Error('invalid input syntax for type uuid: "Ada Lovelace"'), { code: '22P02' })
    const taken = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(ada@example.org)' })
    const { text } = logged((logger) => logger.error({ error: new Error('outer', { cause: broken }) }, 'failed'))
    const second = logged((logger) => logger.error({ error: taken }, 'failed'))
    expect(text).not.toContain('Lovelace')
    expect(text).toContain('22P02')
    expect(second.text).not.toContain('ada@example.org')
  })
})

describe('the level', () => {
  it('is debug after SIGUSR2, and the own one after the next', async () => {
    const lines: string[] = []
    const logger = createLogger({ service: 'router', level: 'warn', write: (line) => lines.push(line) })
    const stop = switchLevelBySignal(logger)
    for (const level of ['debug', 'warn']) {
      const changed = once(process, 'SIGUSR2')
      process.kill(process.pid, 'SIGUSR2')
      await changed
      expect(logger.level).toBe(level)
    }
    stop()
    logger.debug('not told')
    expect(lines).toHaveLength(2)
  })
})
