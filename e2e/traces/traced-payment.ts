import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CustomerJourney, fetchToken, type RunningPlatform } from '@corridor/embedded'
import { vi } from 'vitest'
import type { TestPlatform } from '../journey/platform.ts'

const WAIT = { timeout: 60_000, interval: 100 }
const SEND = 'mutation SendTraced($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
const HOOK = 'mutation Hook($input: RegisterWebhookInput!) { registerWebhook(input: $input) { id } }'

/** A payment that a client sent in a trace of his own. */
export interface TracedPayment {
  readonly traceId: string
  /** The client's own span, which nobody exports. */
  readonly clientSpanId: string
  /** The `traceparent` with which its webhook came. */
  readonly webhookTraceparent: string
}

/** An endpoint of a customer's, and the `traceparent` of each call by the payment that it told of. */
class Endpoint {
  readonly completed = new Map<string, string>()
  private constructor(private readonly server: Server) {}

  static async open(): Promise<Endpoint> {
    const server = createServer()
    const endpoint = new Endpoint(server)
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const { type, data } = JSON.parse(Buffer.concat(chunks).toString()) as {
        type: string
        data: { paymentId: string }
      }
      if (type === 'payment.completed') endpoint.completed.set(data.paymentId, String(request.headers.traceparent))
      response.writeHead(204).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return endpoint
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo // It listens on TCP.
    return `http://127.0.0.1:${port}/`
  }

  close(): void {
    this.server.close()
    this.server.closeAllConnections()
  }
}

/** A customer with money, his wallets and his endpoint; he pays from dollars to euros and watches it arrive. */
export async function payInTraces({ platform, signIn }: TestPlatform, count: number): Promise<TracedPayment[]> {
  const endpoint = await Endpoint.open()
  try {
    const customer = new CustomerJourney(await signIn('customer1'))
    await customer.api.request(HOOK, { input: { idempotencyKey: randomUUID(), url: endpoint.url, events: [] } })
    const from = await customer.openWallet('USD', 'Dollars')
    const to = await customer.openWallet('EUR', 'Euros')
    await customer.deposit(from, '500.00', 'USD')
    const token = await fetchToken(platform.tokenUrl ?? '', 'customer1')
    return await Promise.all(
      Array.from({ length: count }, async () => {
        const [traceId, clientSpanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
        const debit = { amount: '10.00', currency: 'USD' }
        const input = { idempotencyKey: randomUUID(), fromWalletId: from, toWalletId: to, debit }
        const id = await send(platform, { token, input, traceparent: `00-${traceId}-${clientSpanId}-01` })
        await customer.watch({ id })
        const webhookTraceparent = await vi.waitUntil(() => endpoint.completed.get(id), WAIT)
        return { traceId, clientSpanId, webhookTraceparent }
      }),
    )
  } finally {
    endpoint.close()
  }
}

async function send(
  { url }: RunningPlatform,
  { token, input, traceparent }: { token: string; input: object; traceparent: string },
): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, traceparent },
    body: JSON.stringify({ query: SEND, variables: { input } }),
  })
  const { data, errors } = (await response.json()) as { data: { sendPayment: { id: string } } | null; errors?: unknown }
  if (!data) throw new Error(JSON.stringify(errors))
  return data.sendPayment.id
}
