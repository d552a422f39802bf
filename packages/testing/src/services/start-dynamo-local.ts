import { join } from 'node:path'
import { fetchJars } from './fetch-jars.ts'
import { type StartedProgram, startProgram } from './started-program.ts'

/**
 * Amazon's DynamoDB Local on loopback, its tables in memory. The jars, and the SQLite beside them, are those of `pomFile`,
 * fetched by Maven into `folder`; needs `mvn` and a Java of 17 or newer.
 */
export async function startDynamoLocal({
  folder,
  pomFile,
  port,
}: {
  folder: string
  pomFile: string
  port: number
}): Promise<StartedProgram & { endpoint: string }> {
  const jars = fetchJars(folder, pomFile)
  const endpoint = `http://127.0.0.1:${port}`
  const started = await startProgram({
    program: 'java',
    args: [
      '-Xmx256m',
      `-Djava.library.path=${jars}`,
      '-cp',
      join(jars, '*'),
      'com.amazonaws.services.dynamodbv2.local.main.ServerRunner',
      '-inMemory',
      '-port',
      String(port),
    ],
    folder,
    logFile: join(folder, 'dynamodb.log'),
    // It refuses what is no request of DynamoDB's, and so it answers.
    isReady: async () => (await fetch(endpoint)).status === 400,
  })
  return { ...started, endpoint }
}
