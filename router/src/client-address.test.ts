import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { clientAddress } from './client-address.ts'

const addressOf = (remoteAddress: string, forwarded: string | undefined, trustedProxies: number): string =>
  clientAddress(
    // All that it reads of a request.
    { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage,
    trustedProxies,
  )

describe('the address of a client', () => {
  it('is that of the connection when no proxy is trusted, whatever the header says', () => {
    expect(addressOf('10.0.0.1', '1.2.3.4', 0)).toBe('10.0.0.1')
    expect(addressOf('::ffff:10.0.0.1', undefined, 0)).toBe('10.0.0.1')
  })

  it('is what the outermost trusted proxy saw, and not what the client wrote before it', () => {
    expect(addressOf('10.0.0.1', '6.6.6.6, 1.2.3.4', 1)).toBe('1.2.3.4')
    expect(addressOf('10.0.0.1', '6.6.6.6, 1.2.3.4,10.0.0.2', 2)).toBe('1.2.3.4')
  })

  it('is that of the connection when the header has fewer entries than there are proxies, or no address', () => {
    expect(addressOf('10.0.0.1', '1.2.3.4', 2)).toBe('10.0.0.1')
    expect(addressOf('10.0.0.1', undefined, 1)).toBe('10.0.0.1')
    expect(addressOf('10.0.0.1', 'unknown', 1)).toBe('10.0.0.1')
  })

  it('is read with a port and in brackets', () => {
    expect(addressOf('10.0.0.1', '1.2.3.4:567', 1)).toBe('1.2.3.4')
    expect(addressOf('10.0.0.1', '[2001:db8::1]:567', 1)).toBe('2001:db8:0:0::/64')
  })

  it('of IPv6 is the network that one client has', () => {
    const network = '2001:db8:1:2::/64'
    expect(addressOf('2001:db8:1:2:3:4:5:6', undefined, 0)).toBe(network)
    expect(addressOf('2001:0DB8:0001:2::', undefined, 0)).toBe(network)
    expect(addressOf('2001:db8:1:3::1', undefined, 0)).not.toBe(network)
    expect(addressOf('::1', undefined, 0)).toBe('0:0:0:0::/64')
  })
})
