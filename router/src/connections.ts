import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { countedAddress } from './client-address.ts'

/** Closes every connection that an address opens beside `limit` others of its own: no client takes the room of all. */
export function boundByAddress(server: Server, limit: number): void {
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined) return // It has gone already.
    const address = countedAddress(remoteAddress)
    const before = open.get(address) ?? 0
    if (before >= limit) {
      socket.destroy()
      return
    }
    open.set(address, before + 1)
    socket.once('close', () => {
      const left = (open.get(address) ?? 0) - 1
      if (left > 0) open.set(address, left)
      else open.delete(address)
    })
  })
}
