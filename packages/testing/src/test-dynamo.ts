import type { RunningDynamo } from '@corridor/dev-services'

/** A DynamoDB of this test alone, empty and in memory; close it at the end. */
export async function startTestDynamo(): Promise<RunningDynamo> {
  // Loaded by the tests that need it: the development services take a second to load, and most tests use none.
  const { freePort, startDynamo } = await import('@corridor/dev-services')
  return await startDynamo({ port: await freePort() })
}
