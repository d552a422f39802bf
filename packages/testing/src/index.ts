export { asService, asUser, codesOf, dataOf, run } from './operations.ts'
export { type TestClock, testClock } from './test-clock.ts'
export { createTestDatabase, type TestDatabase } from './test-database.ts'
export { startTestDynamo } from './test-dynamo.ts'
