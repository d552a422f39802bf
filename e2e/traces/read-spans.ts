/** A span as it was exported, with the service of its resource. */
export interface ReadSpan {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  /** Empty: it is the first of its trace. */
  readonly parentSpanId: string
  /** Texts alone. */
  readonly attributes: Readonly<Record<string, string>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

type Field = { readonly number: number; readonly bytes: Buffer }

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED64_BYTES = 8
const FIXED32_BYTES = 4

/**
 * The spans of a request of OTLP over HTTP in protobuf.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/v1.7.0/opentelemetry/proto/trace/v1/trace.proto
 */
export function readSpans(request: Buffer): ReadSpan[] {
  return all(request, 1).flatMap((resourceSpans) => {
    const resource = all(resourceSpans, 1)[0] ?? Buffer.alloc(0)
    const service = attributesOf(all(resource, 1))['service.name'] ?? ''
    return all(resourceSpans, 2).flatMap((scopeSpans) => all(scopeSpans, 2).map((span) => readSpan(span, service)))
  })
}

function readSpan(span: Buffer, service: string): ReadSpan {
  return {
    service,
    name: text(span, 5),
    traceId: hex(span, 1),
    spanId: hex(span, 2),
    parentSpanId: hex(span, 4),
    attributes: attributesOf(all(span, 9)),
    links: all(span, 13).map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
  }
}

const attributesOf = (keyValues: readonly Buffer[]): Record<string, string> =>
  Object.fromEntries(keyValues.map((each) => [text(each, 1), text(all(each, 2)[0] ?? Buffer.alloc(0), 1)]))

const all = (message: Buffer, number: number): Buffer[] =>
  fields(message).flatMap((field) => (field.number === number ? [field.bytes] : []))
const text = (message: Buffer, number: number): string => all(message, number)[0]?.toString('utf8') ?? ''
const hex = (message: Buffer, number: number): string => all(message, number)[0]?.toString('hex') ?? ''

/** The fields of a message that have a length; numbers are passed over. */
function fields(message: Buffer): Field[] {
  const found: Field[] = []
  let at = 0
  const varint = (): number => {
    let [value, factor] = [0, 1]
    for (;;) {
      const byte = message.readUInt8(at)
      at += 1
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 0x80
    }
  }
  while (at < message.length) {
    const key = varint()
    const wire = key & 7
    if (wire === VARINT) varint()
    else if (wire === BYTES) {
      const length = varint()
      found.push({ number: Math.floor(key / 8), bytes: message.subarray(at, at + length) })
      at += length
    } else at += wire === FIXED64 ? FIXED64_BYTES : FIXED32_BYTES
  }
  return found
}
