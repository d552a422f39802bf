// Prints the few test files that failed in a report of Vitest, or fails when there are none or many.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const FEW = 3

const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const failed = testResults.filter(({ status }) => status === 'failed').map(({ name }) => relative('.', name))
console.log(failed.join(' '))
process.exit(failed.length > 0 && failed.length <= FEW ? 0 : 1)
