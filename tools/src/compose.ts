/**
 * `npm run compose`: composes the committed subgraph schemas into `supergraph.graphql`, and makes from it what the web app
 * knows of it. With `--check` it writes nothing and fails where a committed file is another.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { composeSupergraph } from './compose-supergraph.ts'
import { ROOT } from './root.ts'
import { CompositionProblems, readSupergraphConfig } from './supergraph-config.ts'
import { webFiles } from './web-types.ts'

const SUPERGRAPH_FILE = 'supergraph.graphql'

/** Whether `supergraph.graphql`, and what is made from it, is now what the subgraphs compose to; says what it did. */
function compose({ check }: { check: boolean }): boolean {
  const config = readSupergraphConfig(ROOT)
  const { supergraphSdl, warnings } = composeSupergraph(config)
  for (const warning of warnings) console.error(`warning: ${warning}`)
  const files = [{ path: SUPERGRAPH_FILE, text: supergraphSdl }, ...webFiles(supergraphSdl)]
  const stale = files.filter(({ path, text }) => read(path) !== text)
  if (check) {
    for (const { path } of stale) {
      console.error(`${path} is not what the subgraphs compose to: run npm run compose and commit it.`)
    }
    return stale.length === 0
  }
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
    console.log(`${path} written from ${config.subgraphs.length} subgraphs.`)
  }
  if (stale.length === 0) console.log(`${SUPERGRAPH_FILE} is up to date, ${config.subgraphs.length} subgraphs.`)
  return true
}

const read = (path: string): string | undefined =>
  existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : undefined

try {
  process.exitCode = compose({ check: process.argv.includes('--check') }) ? 0 : 1
} catch (error) {
  if (!(error instanceof CompositionProblems)) throw error
  for (const problem of error.problems) console.error(`error: ${problem}`)
  process.exitCode = 1
}
