// Says, last of all, what failed in the given reports of Vitest and why; of a file that ran again the later result counts.
// Fails when a test was skipped for any reason but the one that may be: `../shared` is not on this machine.
import { readFileSync } from 'node:fs'

const ALLOWED = '../shared is absent'
const REASON_CHARACTERS = 1500

const reports = process.argv.slice(2).sort((a, b) => a.length - b.length) // A run and, with a longer name, its second try.
const byFile = new Map()
for (const path of reports) {
  for (const result of JSON.parse(readFileSync(path, 'utf8')).testResults) byFile.set(result.name, result)
}
const files = [...byFile.values()]
const failedFiles = files.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
const tests = files.flatMap(({ name, assertionResults }) => assertionResults.map((test) => ({ ...test, file: name })))
const failed = tests.filter(({ status }) => status === 'failed')
const skipped = tests.filter(
  ({ status, fullName }) => status !== 'passed' && status !== 'failed' && !fullName.includes(ALLOWED),
)

for (const { name, message } of failedFiles) console.error(`FAILED ${name}\n${message.slice(0, REASON_CHARACTERS)}`)
for (const { file, fullName, failureMessages } of failed) {
  console.error(`FAILED ${file}: ${fullName}\n${failureMessages.join('\n').slice(0, REASON_CHARACTERS)}`)
}
for (const { file, fullName, status } of skipped) console.error(`${status.toUpperCase()} ${file}: ${fullName}`)
process.exit(failedFiles.length + failed.length + skipped.length > 0 ? 1 : 0)
