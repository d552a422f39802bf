import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const MAPPED_IPV4 = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i
const IPV4_WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):\d+$/
const IPV6_IN_BRACKETS = /^\[([^\]]+)\](?::\d+)?$/
const NETWORK_GROUPS = 4
const IPV6_GROUPS = 8

/**
 * Who sent a request, as what is counted: the address that the outermost of `trustedProxies` proxies saw, each of which
 * adds whom it saw at the end of `X-Forwarded-For`; with none, or where the header has fewer entries than there are
 * proxies, the other end of the connection. What stands further to the left was written by the client and is never read.
 */
export function clientAddress({ socket, headers }: IncomingMessage, trustedProxies: number): string {
  const direct = socket.remoteAddress ?? ''
  const forwarded = trustedProxies > 0 ? headers['x-forwarded-for'] : undefined
  if (typeof forwarded !== 'string') return countedAddress(direct)
  const entry = forwarded.split(',').at(-trustedProxies)?.trim() ?? ''
  const address = IPV4_WITH_PORT.exec(entry)?.[1] ?? IPV6_IN_BRACKETS.exec(entry)?.[1] ?? entry
  return countedAddress(isIP(address) === 0 ? direct : address)
}

/** Of IPv6 the first 64 bits: whoever has one address of such a network may use all of them (RFC 4291, 2.5.1). */
export function countedAddress(address: string): string {
  if (!address.includes(':')) return address
  if (MAPPED_IPV4.test(address)) return address.replace(MAPPED_IPV4, '')
  const [left = '', right] = address.toLowerCase().split('::', 2)
  const before = left === '' ? [] : left.split(':')
  const after = right ? right.split(':') : []
  const zeros = right === undefined ? 0 : Math.max(0, IPV6_GROUPS - before.length - after.length)
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
