import { randomUUID } from 'node:crypto'
import type { Customer } from './bench-customers.ts'

const SEND = 'mutation Send($input: SendPaymentInput!) { sendPayment(input: $input) { id status } }'
const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T // Never of none.

/** A payment of about a dollar, within one currency or across two. */
export function paymentInput(from: Customer, to: Customer, kind: 'same' | 'cross'): object {
  return {
    idempotencyKey: randomUUID(),
    fromWalletId: from.usd,
    toWalletId: kind === 'same' ? to.usd : to.eur,
    debit: { amount: (1 + Math.floor(Math.random() * 100) / 100).toFixed(2), currency: 'USD' },
    reference: 'bench',
  }
}

/** A payer and a payee. */
export function twoOf(customers: readonly Customer[]): [Customer, Customer] {
  const from = pick(customers)
  for (;;) {
    const to = pick(customers)
    if (to !== from) return [from, to]
  }
}

/** One payment from request to COMPLETED; answers the milliseconds. */
async function sendOne(customers: readonly Customer[]): Promise<number> {
  const [from, to] = twoOf(customers)
  const began = performance.now()
  const { sendPayment } = await from.user.request<{ sendPayment: { id: string } }>(SEND, {
    input: paymentInput(from, to, 'cross'),
  })
  await completed(from, sendPayment.id)
  return performance.now() - began
}

/** Resolves when the payment is COMPLETED; rejects when it ends otherwise. */
export async function completed({ user }: Customer, id: string): Promise<void> {
  const status = await user.rested(id)
  if (status !== 'COMPLETED') throw new Error(`the payment ${id} ended ${status}`)
}

/** So many payments across two currencies; answers the milliseconds that each took. */
export async function sendSingles(customers: readonly Customer[], count: number, inFlight: number): Promise<number[]> {
  const latencies: number[] = []
  let left = count
  const work = async (): Promise<void> => {
    for (; left > 0; ) {
      left -= 1
      latencies.push(await sendOne(customers))
    }
  }
  await Promise.all(Array.from({ length: inFlight }, work))
  return latencies
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
