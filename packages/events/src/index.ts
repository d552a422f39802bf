export { asyncApiDocument } from './async-api.ts'
export { type Consumer, type EventBus, Undeliverable } from './bus.ts'
export { dataSchemaOf, EVENTS, type EventDescription, type EventType, type JsonSchema } from './catalogue.ts'
export { EVENT_MAJOR_VERSION, fromCloudEvent, toCloudEvent, UnreadableEvent } from './cloud-event.ts'
export { deadLetterTopic } from './dead-letter-topic.ts'
export { type DeadLetter, DeadLetters } from './dead-letters.ts'
export { enqueueEvents, queueChannel } from './enqueue.ts'
export {
  type DeliveredEvent,
  type EventData,
  type JsonValue,
  type NewEvent,
  TOPICS,
  TOPICS_OF,
  type Topic,
} from './event.ts'
export { areHandled, handleOnce, queuedEventIds } from './handled.ts'
export { HandledPurge, purgeHandled } from './handled-purge.ts'
export { inProcessBus } from './in-process-bus.ts'
export { type KafkaBusOptions, kafkaBus, MAX_EVENT_BYTES, TOPIC_PARTITIONS } from './kafka-bus.ts'
export {
  type KafkaConnection,
  type KafkaCredentials,
  kafkaEnvironment,
  readKafkaConnection,
} from './kafka-settings.ts'
export { Lease } from './lease.ts'
export { Loop, type LoopOptions } from './loop.ts'
export { listParked, type ParkedEvent, type RelayLag, readLag, replayParked } from './parked.ts'
export { Relay, type RelayOptions } from './relay.ts'
export { DEAD_LETTER_RETENTION_MS, HANDLED_RETENTION_MS, TOPIC_RETENTION_MS } from './retention.ts'
export { type QueueRow, Sequencer, type SequencerOptions } from './sequencer.ts'
export { EVENT_TABLES_SQL } from './tables.ts'
