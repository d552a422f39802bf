/**
 * What the router is measured against: a server of `ws` that knows nobody, acknowledges whoever comes and sends all of
 * them the same text, each time that its parent gives one. Tells its parent the port.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

const server = createServer()
const sockets = new WebSocketServer({ server, perMessageDeflate: false })
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    if (String(data).includes('connection_init')) socket.send('{"type":"connection_ack"}')
  })
})
process.on('message', (text: string) => {
  for (const socket of sockets.clients) socket.send(text)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port)) // A TCP server's address is never a path.
