import { CONNECTION_LIMITS, type ConnectionLimits } from '@corridor/platform'

/**
 * What one client may ask of the router. Every limit is judged before anything of the operation runs; an operation that
 * is over is refused with QUERY_TOO_COMPLEX, one that comes too soon or beside too many others with TOO_MANY_REQUESTS.
 */
export interface RouterLimits extends ConnectionLimits {
  /** Open from one address; another is closed at once. Not judged behind proxies: theirs are those of many. */
  readonly connectionsPerAddress: number
  /** Of a request's body, in bytes; more is answered with 413 before it is parsed. */
  readonly bodyBytes: number
  /** Of a document, before it is parsed further. */
  readonly tokens: number
  /** Levels of lists and objects within one another, in values that stand in a document. */
  readonly literalDepth: number
  /** Levels of fields below the operation; introspection has a rule of its own. */
  readonly depth: number
  readonly aliases: number
  readonly directives: number
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
  /** In the long run; for some seconds more, see `RequestLimits`. Operations on a WebSocket are requests of the caller. */
  readonly callerRequestsPerSecond: number
  /** By all who come from there: many people may share one. */
  readonly addressRequestsPerSecond: number
  readonly sockets: number
  readonly subscriptionsPerSocket: number
  /** Of one caller on this router; of nobody: of one address. */
  readonly socketsPerCaller: number
  readonly subscriptionsPerCaller: number
  /** Events that wait for one slow reader, and their size together; one more closes his connection with 1013. */
  readonly waitingEvents: number
  readonly waitingBytes: number
}

const KIB = 1024
const MIB = 1024 * KIB

export const DEFAULT_LIMITS: RouterLimits = {
  ...CONNECTION_LIMITS,
  connectionsPerAddress: 2_000,
  bodyBytes: MIB,
  tokens: 5_000,
  literalDepth: 12,
  depth: 12,
  aliases: 30,
  directives: 50,
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
  callerRequestsPerSecond: 200,
  addressRequestsPerSecond: 1_000,
  sockets: 10_000,
  subscriptionsPerSocket: 50,
  socketsPerCaller: 100,
  subscriptionsPerCaller: 200,
  waitingEvents: 1_000,
  waitingBytes: MIB,
}
