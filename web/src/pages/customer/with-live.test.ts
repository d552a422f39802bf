import { describe, expect, it } from 'vitest'
import { withLive } from './with-live.ts'

const MINUTE_MS = 60_000
const candle = { openTime: '2026-01-01T10:00:00.000Z', open: '1.10', high: '1.20', low: '1.05', close: '1.15' }
const at = (time: string, mid: string) => ({ observedAt: `2026-01-01T${time}.000Z`, mid })

describe('the candles with the rate of now', () => {
  it('have their last one moved within its time', () => {
    expect(withLive([candle], at('10:00:30', '1.30'), MINUTE_MS)).toEqual([{ ...candle, high: '1.30', close: '1.30' }])
    expect(withLive([candle], at('10:00:30', '1.01'), MINUTE_MS)).toEqual([{ ...candle, low: '1.01', close: '1.01' }])
    expect(withLive([candle], at('10:00:30', '1.10'), MINUTE_MS)).toEqual([{ ...candle, close: '1.10' }])
  })

  it('get a new one after its time', () => {
    const [, begun] = withLive([candle], at('10:03:30', '1.30'), MINUTE_MS)
    expect(begun).toEqual({
      openTime: '2026-01-01T10:03:00.000Z',
      open: '1.30',
      high: '1.30',
      low: '1.30',
      close: '1.30',
    })
  })

  it('are left alone by an older rate, and by none', () => {
    expect(withLive([candle], at('09:59:59', '9'), MINUTE_MS)).toEqual([candle])
    expect(withLive([candle], undefined, MINUTE_MS)).toEqual([candle])
    expect(withLive([], at('10:00:30', '1.30'), MINUTE_MS)).toEqual([])
  })
})
