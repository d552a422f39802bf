/** Where readers of payment events listen for new positions. */
export const EVENTS_CHANNEL = 'payment-events'

/** Where the sequencer listens for events that have no position yet. */
export const EVENTS_QUEUED_CHANNEL = 'payment-events-queued'

/** Where the processor listens for payments that have become due. */
export const DUE_CHANNEL = 'payments-due'

/** Where it listens for what is due with a provider. */
export const WITH_PROVIDER_CHANNEL = 'payments-with-provider'

/** Where the processor listens for money that no payment explains. */
export const ITEMS_CHANNEL = 'payment-items-due'
