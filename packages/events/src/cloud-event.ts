import type { DeliveredEvent, EventData, Topic } from './event.ts'

/** A message that this release cannot read: no later attempt would. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent'
}

/** The one major version of every event's data that this release writes and reads. Added fields do not raise it. */
export const EVENT_MAJOR_VERSION = 1

const SPEC_VERSION = '1.0'
const VERSIONED_TYPE = /^(.+)\.v(\d{1,9})$/

/**
 * An event as CloudEvents 1.0 in JSON, structured mode; `type` ends in the major version: `payment.completed.v1`.
 * Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function toCloudEvent({ id, topic, key, type, data, occurredAt }: DeliveredEvent): string {
  return JSON.stringify({
    specversion: SPEC_VERSION,
    id,
    source: `/corridor/${topic}`,
    type: `${type}.v${EVENT_MAJOR_VERSION}`,
    time: occurredAt.toISOString(),
    subject: key,
    datacontenttype: 'application/json',
    data,
  })
}

/**
 * Reads what `toCloudEvent` writes. Fields and attributes that are not known here are left in `data`, or ignored.
 *
 * @throws UnreadableEvent when the message is no such event, or its major version is another.
 */
export function fromCloudEvent(
  message: string,
  { topic, traceparent }: { topic: Topic; traceparent: string | null },
): DeliveredEvent {
  const { specversion, id, type, time, subject, data } = parseObject(message)
  if (specversion !== SPEC_VERSION) throw new UnreadableEvent(`The message is not CloudEvents ${SPEC_VERSION}.`)
  const [, name, major] = VERSIONED_TYPE.exec(textOf(type, 'type')) ?? []
  if (name === undefined) throw new UnreadableEvent('The type states no major version.')
  if (Number(major) !== EVENT_MAJOR_VERSION) {
    throw new UnreadableEvent(`The event is of major version ${major}; this release reads ${EVENT_MAJOR_VERSION}.`)
  }
  const occurredAt = new Date(textOf(time, 'time'))
  if (Number.isNaN(occurredAt.getTime())) throw new UnreadableEvent('The time is no timestamp.')
  if (!isObject(data)) throw new UnreadableEvent('The data is no object.')
  return {
    id: textOf(id, 'id'),
    topic,
    key: textOf(subject, 'subject'),
    type: name,
    data: data as EventData, // It was parsed from JSON, so that every value in it is one.
    occurredAt,
    traceparent,
  }
}

function parseObject(message: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(message)
  } catch (cause) {
    throw new UnreadableEvent('The message is no JSON.', { cause })
  }
  if (!isObject(parsed)) throw new UnreadableEvent('The message is no JSON object.')
  return parsed
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function textOf(value: unknown, attribute: string): string {
  if (typeof value !== 'string' || value === '') throw new UnreadableEvent(`The attribute ${attribute} is no text.`)
  return value
}
