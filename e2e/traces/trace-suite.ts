import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Collector, startCollector } from '../canary/collector.ts'
import type { TestPlatform } from '../journey/platform.ts'
import { type ReadSpan, readSpans } from './read-spans.ts'
import { payInTraces, type TracedPayment } from './traced-payment.ts'

const WAIT = { timeout: 60_000, interval: 200 }
const PAYMENTS = 6

/** `service: name`, from the client's request to the last who hears of the payment; each below the one that it names. */
const TREE: readonly { readonly span: string; readonly under: string | null }[] = [
  { span: 'router: POST /graphql', under: null },
  { span: 'router: GraphQL mutation', under: 'router: POST /graphql' },
  { span: 'router: fetch payment', under: 'router: GraphQL mutation' },
  { span: 'payment-service: POST /graphql', under: 'router: fetch payment' },
  { span: 'payment-service: resolve sendPayment', under: 'payment-service: POST /graphql' },
  { span: 'payment-processor: process payments', under: 'payment-service: ' },
  { span: 'outbox-relay: relay payment', under: '' },
  { span: 'risk-counters: consume payment.completed', under: '' },
  { span: 'forex-service: consume payment.completed', under: '' },
  { span: 'mailer: consume payment.completed', under: '' },
  { span: 'mailer: send mail', under: 'mailer: consume payment.completed' },
  { span: 'webhook-sender: consume payment.completed', under: '' },
  { span: 'webhook-sender: call webhook', under: 'webhook-sender: ' },
  { span: 'router: subscription event', under: '' },
]
/** What is done for a payment alone, or for several together: then in a trace that its own is linked to. */
const WORK: readonly { readonly span: string; readonly under: string }[] = [
  { span: 'payment-processor: call forex', under: 'payment-processor: process payments' },
  { span: 'forex-service: POST /graphql', under: 'payment-processor: call forex' },
  { span: 'payment-processor: call rule-engine', under: 'payment-processor: process payments' },
  { span: 'rule-engine-service: POST /graphql', under: 'payment-processor: call rule-engine' },
  { span: 'payment-processor: call ledger', under: 'payment-processor: process payments' },
  { span: 'ledger-service: POST /graphql', under: 'payment-processor: call ledger' },
  { span: 'ledger-service: resolve postJournals', under: 'ledger-service: POST /graphql' },
  { span: 'ledger-service: post journals', under: 'ledger-service: resolve postJournals' },
  { span: 'outbox-relay: relay ledger', under: '' },
]

const nameOf = ({ service, name }: ReadSpan): string => `${service}: ${name}`

/** One payment is one trace, on a platform that `launch` starts and whose spans go to the address that it is given. */
export function describeTraces(title: string, launch: (collectorUrl: string) => Promise<TestPlatform>): void {
  describe(title, () => {
    let collector: Collector
    let platform: TestPlatform
    let payments: TracedPayment[]
    beforeAll(async () => {
      collector = await startCollector()
      platform = await launch(collector.url)
      const [alone] = await payInTraces(platform, 1)
      payments = [...(alone ? [alone] : []), ...(await payInTraces(platform, PAYMENTS))]
    }, 180_000)
    afterAll(async () => {
      await platform.stop()
      await collector.close()
    })

    const spans = (): ReadSpan[] => collector.received.traces.flatMap(readSpans)
    const ofTrace = (traceId: string): ReadSpan[] => spans().filter((span) => span.traceId === traceId)
    const byId = (): Map<string, ReadSpan> => new Map(spans().map((span) => [span.spanId, span]))

    /** The traces in which a payment's work was done: its own, and those of the groups that it was in. */
    const workOf = (traceId: string): ReadSpan[] => {
      const linked = ofTrace(traceId).flatMap(({ links }) => links.map((link) => link.traceId))
      return [traceId, ...new Set(linked)].flatMap(ofTrace)
    }
    const isUnder = (span: ReadSpan, under: string, all: ReadonlyMap<string, ReadSpan>): boolean => {
      const parent = all.get(span.parentSpanId)
      return parent !== undefined && nameOf(parent).startsWith(under)
    }
    const missing = (
      found: readonly ReadSpan[],
      expected: readonly { span: string; under: string | null }[],
    ): string[] => {
      const all = byId()
      const has = ({ span, under }: { span: string; under: string | null }): boolean =>
        found.some((each) => nameOf(each) === span && (under === null || isUnder(each, under, all)))
      return expected.filter((each) => !has(each)).map(({ span, under }) => `${span} under ${under}`)
    }

    it('a payment is one trace from the client to those who hear of it', { timeout: 180_000 }, async () => {
      for (const { traceId } of payments) {
        await vi.waitFor(() => expect(missing(ofTrace(traceId), TREE)).toEqual([]), WAIT)
        await vi.waitFor(() => expect(missing(workOf(traceId), WORK)).toEqual([]), WAIT)
      }
    })

    it('a payment that is alone has all of it in its own trace', () => {
      const [alone] = payments
      expect(missing(ofTrace(alone?.traceId ?? ''), WORK)).toEqual([])
    })

    it('no span is without its parent, and the client is the parent of the first', { timeout: 180_000 }, async () => {
      for (const { traceId, clientSpanId } of payments) {
        const orphans = (): string[] => {
          const all = byId()
          return workOf(traceId)
            .filter(
              ({ parentSpanId }) => parentSpanId !== '' && parentSpanId !== clientSpanId && !all.has(parentSpanId),
            )
            .map(nameOf)
        }
        await vi.waitFor(() => expect(orphans()).toEqual([]), WAIT)
        const first = ofTrace(traceId).filter(({ parentSpanId }) => parentSpanId === clientSpanId)
        expect(first.map(nameOf)).toEqual(['router: POST /graphql'])
      }
    })

    it('a group and its items are linked to each other', async () => {
      const all = byId()
      const groups = payments.flatMap(({ traceId }) =>
        ofTrace(traceId).flatMap((item) =>
          item.service === 'payment-processor'
            ? item.links.map(({ spanId }) => ({ item, group: all.get(spanId) }))
            : [],
        ),
      )
      for (const { item, group } of groups) {
        expect(group?.name).toBe(item.name)
        expect(group?.links.map(({ traceId }) => traceId)).toContain(item.traceId)
      }
    })

    it('an event of a subscription is linked to the subscription', () => {
      const all = byId()
      const [alone] = payments
      const events = ofTrace(alone?.traceId ?? '').filter(({ name }) => name === 'subscription event')
      expect(events.length).toBeGreaterThan(0)
      for (const { links } of events) expect(links.map(({ spanId }) => all.get(spanId)?.name)).toEqual(['subscribe'])
    })

    it('a webhook brings the trace to its endpoint', () => {
      for (const { traceId, webhookTraceparent } of payments) {
        const [, id, spanId] = webhookTraceparent.split('-')
        expect(id).toBe(traceId)
        expect(byId().get(spanId ?? '')?.name).toBe('call webhook')
      }
    })

    it('operations are told by their name and type, and statements by what they do', () => {
      const operation = spans().find(({ attributes }) => attributes['graphql.operation.name'] === 'SendTraced')
      expect(operation?.attributes['graphql.operation.type']).toBe('mutation')
      expect(operation?.attributes['graphql.document.hash']).toMatch(/^[0-9a-f]{64}$/)
      expect(spans().map(nameOf)).toContain('payment-service: with payments')
    })

    it('what goes on by itself has traces of its own', { timeout: 180_000 }, async () => {
      const isFirst = (span: ReadSpan): boolean => span.parentSpanId === ''
      const own = (): string[] => spans().filter(isFirst).map(nameOf)
      await vi.waitFor(() => expect(own()).toContain('profile-sync: follow identity server'), WAIT)
    })
  })
}
