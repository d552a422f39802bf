import { describe, expect, it } from 'vitest'
import { isPublicAddress } from './public-address.ts'
import { judgeWebhook, nextAttemptAt, toldOf } from './webhook.ts'

describe('an endpoint', () => {
  const judge = (url: string) => judgeWebhook({ url, events: [] }, { allowPrivate: false })

  it.each(['https://example.com/hooks', 'https://hooks.example.co.uk:8443/a?b=c', 'https://93.184.216.34/'])(
    'may be %s',
    (url) => expect(judge(url).ok).toBe(true),
  )

  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'https://user:secret@example.com/',
    'https://localhost/',
    'https://printer/',
    'https://router.internal/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://10.1.2.3/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    `https://example.com/${'a'.repeat(2_048)}`,
    'no url',
    '',
  ])('may not be %s', (url) => expect(judge(url)).toMatchObject({ ok: false, code: 'BAD_USER_INPUT', field: 'url' }))

  it('is told of events that there are', () => {
    const events = ['payment.completed', 'payment.teleported']
    expect(judgeWebhook({ url: 'https://example.com/', events }, { allowPrivate: false })).toMatchObject({
      ok: false,
      code: 'BAD_USER_INPUT',
      field: 'events',
    })
  })
})

describe('an address', () => {
  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111'])('%s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  )
  it.each([
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    'fe80::1',
    '::',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fec0::1',
    '::ffff:0:7f00:1',
    '4000::1',
    'example.com',
  ])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false))
})

describe('an event', () => {
  const [payer, payee] = ['payer', 'payee']

  it('is told to the payee when it has reached him', () => {
    expect(toldOf({ type: 'payment.pending', payer, payee })).toEqual([payer])
    expect(toldOf({ type: 'payment.completed', payer, payee })).toEqual([payer, payee])
    expect(toldOf({ type: 'payment.completed', payer, payee: payer })).toEqual([payer])
    expect(toldOf({ type: 'payment.failed', payer, payee: null })).toEqual([payer])
  })

  it('is attempted for about a day', () => {
    const now = new Date(0)
    const pauses = [1, 2, 3, 4, 5, 6, 7].map((attempts) => nextAttemptAt(attempts, now)?.getTime() ?? 0)
    expect(pauses.reduce((sum, pause) => sum + pause, 0) / 3_600_000).toBeCloseTo(23.6, 1)
    expect(nextAttemptAt(8, now)).toBeNull()
  })
})
