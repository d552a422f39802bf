import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadEnvFile } from 'node:process'
import { ConfigError } from '@corridor/platform'
import { runCli, UsageError } from './cli.ts'
import { ProductError } from './http/product-error.ts'
import { standardError } from './output.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const ENV_FILE = join(ROOT, '.env')
const USAGE_EXIT = 2
const NO_PARAMETER = 'ERR_PARSE_ARGS'

// What is set already wins over the file.
if (existsSync(ENV_FILE)) loadEnvFile(ENV_FILE)

try {
  process.exitCode = await runCli({
    args: process.argv.slice(2),
    env: process.env,
    output: standardError,
    print: (text) => process.stdout.write(`${text}\n`),
    supergraphFile: join(ROOT, 'supergraph.graphql'),
  })
} catch (error) {
  process.exitCode = explain(error)
}

/** Whoever typed the command gets a sentence; a bug of ours its stack. */
function explain(error: unknown): number {
  if (!(error instanceof Error)) throw error
  const isUsage = error instanceof UsageError || ('code' in error && String(error.code).startsWith(NO_PARAMETER))
  const isExpected = isUsage || error instanceof ProductError || error instanceof ConfigError || error.name === 'Error'
  standardError.line(isExpected ? error.message : (error.stack ?? error.message))
  return isUsage ? USAGE_EXIT : 1
}
