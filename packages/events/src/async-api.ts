import { dataSchemaOf, EVENTS, type EventDescription, type JsonSchema } from './catalogue.ts'
import { EVENT_MAJOR_VERSION } from './cloud-event.ts'
import { deadLetterTopic } from './dead-letter-topic.ts'
import { TOPICS, type Topic } from './event.ts'

const KEYS: Readonly<Record<Topic, string>> = {
  'forex.rates': 'the pair, or the id of the quote',
  'ledger.transfers': 'the id of the account',
  'ledger.blocks': 'ledger, or the name of the invariant',
  'payment.events': 'the id of the payment',
  'wallet.events': 'the id of the wallet',
  'profile.events': 'the id of the profile',
  'rules.decisions': 'the id of the payment, or what was changed',
}

const all = Object.entries<EventDescription>(EVENTS)
const versioned = (type: string): string => `${type}.v${EVENT_MAJOR_VERSION}`
const messagesOf = (topic: Topic): string[] =>
  all.filter(([, event]) => event.topic === topic).map(([type]) => versioned(type))
const reference = (kind: string, ...path: string[]) => ({ $ref: `#/${[kind, ...path].join('/')}` })

/**
 * What the platform tells, as an AsyncAPI 3.0 document made from `EVENTS`.
 * Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncApiDocument(): JsonSchema {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Events of Corridor',
      version: `${EVENT_MAJOR_VERSION}.0.0`,
      description:
        'CloudEvents 1.0 in JSON, structured mode, over Kafka. Each is told at least once, in order per key, and known ' +
        'again by its id. The type ends in the major version: readers refuse those that they do not know, and leave ' +
        'alone fields that they do not know. Amounts are minor units as text. W3C Trace Context is in the header ' +
        'traceparent.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(TOPICS.map((topic) => [topic, channelOf(topic)])),
    operations: Object.fromEntries(
      TOPICS.map((topic) => [`send ${topic}`, { action: 'send', channel: reference('channels', topic) }]),
    ),
    components: { messages: Object.fromEntries(all.map(([type, event]) => [versioned(type), messageOf(type, event)])) },
  }
}

const channelOf = (topic: Topic) => ({
  address: topic,
  description: `The key is ${KEYS[topic]}. What a consumer gave up lies in ${deadLetterTopic(topic)}.`,
  messages: Object.fromEntries(messagesOf(topic).map((name) => [name, reference('components', 'messages', name)])),
})

const messageOf = (type: string, event: EventDescription) => ({
  name: versioned(type),
  summary: event.summary,
  headers: { type: 'object', properties: { traceparent: { type: 'string' } } },
  payload: {
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'time', 'subject', 'datacontenttype', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string', format: 'uuid' },
      source: { const: `/corridor/${event.topic}` },
      type: { const: versioned(type) },
      time: { type: 'string', format: 'date-time' },
      subject: { type: 'string', description: 'The key.' },
      datacontenttype: { const: 'application/json' },
      data: dataSchemaOf(event),
    },
  },
})
