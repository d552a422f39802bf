export { freePort } from '@corridor/dev-services'
export type { PublishedApi } from './api-manager/published-api.ts'
export { type ApiManagerGateway, startApiManagerGateway } from './api-manager/start-gateway.ts'
export { asService, asUser, codesOf, dataOf, run } from './operations.ts'
export { selfSigned } from './self-signed.ts'
export { type TestClock, testClock } from './test-clock.ts'
export { createTestDatabase, type TestDatabase } from './test-database.ts'
export { startTestDynamo } from './test-dynamo.ts'
export { startTestIdentity, type TestIdentity } from './test-identity.ts'
export {
  startTestDynamoLocal,
  startTestKafka,
  startTestKafkaCluster,
  startTestRedis,
  type TestKafka,
  type TestRedis,
} from './test-services.ts'
export { startTokenIssuer, type TokenIssuer } from './token-issuer.ts'
