/**
 * `npm run compose`: composes the committed subgraph schemas into `supergraph.graphql`. With `--check` it writes nothing
 * and fails where the committed file is another.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { composeSupergraph } from './compose-supergraph.ts'
import { ROOT } from './root.ts'
import { CompositionProblems, readSupergraphConfig } from './supergraph-config.ts'

const SUPERGRAPH_FILE = 'supergraph.graphql'

/** Whether `supergraph.graphql` is now what the subgraphs compose to; says what it did. */
function compose({ check }: { check: boolean }): boolean {
  const config = readSupergraphConfig(ROOT)
  const { supergraphSdl, warnings } = composeSupergraph(config)
  for (const warning of warnings) console.error(`warning: ${warning}`)
  const path = join(ROOT, SUPERGRAPH_FILE)
  const committed = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  if (committed === supergraphSdl) {
    console.log(`${SUPERGRAPH_FILE} is up to date, ${config.subgraphs.length} subgraphs.`)
    return true
  }
  if (check) {
    console.error(`${SUPERGRAPH_FILE} is not what the subgraphs compose to: run npm run compose and commit it.`)
    return false
  }
  writeFileSync(path, supergraphSdl)
  console.log(`${SUPERGRAPH_FILE} written from ${config.subgraphs.length} subgraphs.`)
  return true
}

try {
  process.exitCode = compose({ check: process.argv.includes('--check') }) ? 0 : 1
} catch (error) {
  if (!(error instanceof CompositionProblems)) throw error
  for (const problem of error.problems) console.error(`error: ${problem}`)
  process.exitCode = 1
}
