export { checkDependency, type DependencyState } from '@corridor/platform'
export { buildFederatedSchema, type FederatedSchemaOptions, type Reference } from './build-schema.ts'
export {
  type Connection,
  decodeCursor,
  type Edge,
  encodeCursor,
  isNumber,
  MAX_PAGE_SIZE,
  type Page,
  PageInfo,
  pageOf,
  toConnection,
} from './connection.ts'
export { type SubgraphContext, subjectOf } from './context.ts'
export {
  Authenticated,
  type FieldRequirement,
  Inaccessible,
  InternalField,
  Key,
  Live,
  type LiveOptions,
  RequiresScopes,
  Shareable,
} from './directives.ts'
export { type HttpReply, type HttpRequest, jsonReply } from './http.ts'
export { type LiveSource, liveStream } from './live-stream.ts'
export {
  MoneyInput,
  MoneyType,
  parseCurrency,
  parseDateTime,
  parseId,
  parseMoneyInput,
  parsePositiveMoneyInput,
  toMoneyType,
} from './money-type.ts'
export { requestLoader } from './request-loader.ts'
export { runSubgraph, type SubgraphParts, type SubgraphProcess } from './run-subgraph.ts'
export {
  CountryCodeScalar,
  CurrencyPairScalar,
  CurrencyScalar,
  DateTimeScalar,
  DecimalScalar,
  EmailAddressScalar,
  JSONObjectScalar,
  type JsonObject,
  PhoneNumberScalar,
} from './scalars.ts'
export { emitSdl } from './sdl.ts'
export {
  type RunningServer,
  type ServeOptions,
  type Subgraph,
  type SubgraphName,
  serveSubgraph,
} from './serve.ts'
export { createServiceClient, type ServiceClient, type ServiceClientOptions } from './service-client.ts'
export { subscribeWith } from './subscribe-with.ts'
