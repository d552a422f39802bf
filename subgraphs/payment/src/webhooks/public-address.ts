import { lookup as lookupByCallback } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/**
 * Ranges that are not globally reachable: the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890), of IPv6 those
 * within its global unicast addresses (RFC 4291, section 2.4): outside of them nothing is public, what is mapped included.
 */
const NOT_PUBLIC: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const blocked = new BlockList()
for (const [network, prefix] of NOT_PUBLIC) blocked.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4')
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

/** Whether an address is one of the public internet. What is no address is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 6) return globalUnicast.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
  return family === 4 && !blocked.check(address, 'ipv4')
}

/** The name leads to an address that nobody outside may make us call. */
export class PrivateAddress extends Error {
  override readonly name = 'PrivateAddress'
  readonly code = 'PRIVATE_ADDRESS'
}

/**
 * Resolves a name for a connection, and refuses it when any of its addresses is not public. The connection goes to the
 * very address that was judged, so that a name which changes in between leads nowhere.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookupByCallback(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [])
    const [first] = addresses
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
      return callback(new PrivateAddress(`${hostname} leads to an address that is not public.`), [])
    }
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
  })
}
