export { ForexPoller, type ForexPollerDeps } from './forex-poller/forex-poller.ts'
export { OutboxRelay, type OutboxRelayDeps } from './outbox-relay/outbox-relay.ts'
export { Reconciler, type ReconcilerDeps } from './reconciler/reconciler.ts'
