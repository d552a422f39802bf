// Fails when a test was skipped for any reason but the one that may be: `../shared` is not on this machine.
import { readFileSync } from 'node:fs'

const ALLOWED = '../shared is absent'
const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const skipped = testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status, fullName }) => status !== 'passed' && status !== 'failed' && !fullName.includes(ALLOWED))
for (const { status, fullName } of skipped) console.error(`${status}: ${fullName}`)
process.exit(skipped.length > 0 ? 1 : 0)
