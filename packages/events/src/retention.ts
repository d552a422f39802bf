const DAY_MS = 24 * 60 * 60 * 1000

export const TOPIC_RETENTION_MS = 7 * DAY_MS
export const DEAD_LETTER_RETENTION_MS = 30 * DAY_MS
/** A broker drops closed segments alone: a message stays so much longer than it must (`log.roll.hours` of Kafka, 168). */
const SEGMENT_MS = 7 * DAY_MS

/**
 * How long it is known that an event was handled, since it last came. The longest way back is that of an event that another
 * consumer gives up as late as its topic lets it, and that is replayed as late as its dead letters let it: it lies in the
 * topic, among the dead letters, and in the topic once more.
 */
export const HANDLED_RETENTION_MS =
  TOPIC_RETENTION_MS + SEGMENT_MS + (DEAD_LETTER_RETENTION_MS + SEGMENT_MS) + (TOPIC_RETENTION_MS + SEGMENT_MS)
