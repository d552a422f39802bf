/**
 * What one client may ask of the router at once. Every limit is judged before anything of the operation runs; what is
 * over is refused with QUERY_TOO_COMPLEX.
 */
export interface RouterLimits {
  /** Of a request's body, in bytes; more is answered with 413 before it is parsed. */
  readonly bodyBytes: number
  /** Of a document, before it is parsed further. */
  readonly tokens: number
  /** Levels of lists and objects within one another, in values that stand in a document. */
  readonly literalDepth: number
  /** Levels of fields below the operation; introspection has a rule of its own. */
  readonly depth: number
  readonly aliases: number
  readonly rootFields: number
  /** Fields of the operation with its fragments written out. */
  readonly fields: number
  /** Objects that the answer may have, by the sizes of the pages asked for; see `operationCost`. */
  readonly cost: number
  /** Of a whole operation; what a subgraph has not answered then is SERVICE_UNAVAILABLE. */
  readonly requestTimeoutMs: number
  /** Of one subgraph's answer. */
  readonly subgraphTimeoutMs: number
  readonly subgraphResponseBytes: number
  /** Connections held open to each subgraph. */
  readonly subgraphConnections: number
  /** Of a provider's callback. */
  readonly callbackBytes: number
  /** Of a client's message on a WebSocket. */
  readonly messageBytes: number
  /** Of a message with an event to a client: gateways in between cut longer ones off. */
  readonly eventBytes: number
  readonly sockets: number
  readonly subscriptionsPerSocket: number
  /** Events that wait for one slow reader, and their size together; one more closes his connection with 1013. */
  readonly waitingEvents: number
  readonly waitingBytes: number
}

const KIB = 1024
const MIB = 1024 * KIB

export const DEFAULT_LIMITS: RouterLimits = {
  bodyBytes: MIB,
  tokens: 5_000,
  literalDepth: 12,
  depth: 12,
  aliases: 30,
  rootFields: 20,
  fields: 2_000,
  cost: 20_000,
  requestTimeoutMs: 30_000,
  subgraphTimeoutMs: 20_000,
  subgraphResponseBytes: 16 * MIB,
  subgraphConnections: 64,
  callbackBytes: 64 * KIB,
  messageBytes: 64 * KIB,
  eventBytes: 64 * KIB,
  sockets: 10_000,
  subscriptionsPerSocket: 50,
  waitingEvents: 1_000,
  waitingBytes: MIB,
}
