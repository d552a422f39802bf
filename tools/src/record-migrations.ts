/**
 * `npm run migrations:record`: adds new migrations to the list of checksums. It refuses where a recorded one was edited or is
 * gone, but for those named as arguments: that is right only while no database has run them that anybody would miss.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKSUM_FILE, formatChecksums, migrationProblems, presentChecksums, recordedChecksums } from './migrations.ts'
import { ROOT } from './root.ts'

const again = new Set(process.argv.slice(2))
const present = presentChecksums(ROOT)
const kept = new Map([...recordedChecksums(ROOT)].filter(([path]) => !again.has(path)))
const recorded = new Map([...present, ...kept])
const problems = migrationProblems({ recorded, present })

if (problems.length > 0) {
  for (const problem of problems) console.error(problem)
  process.exitCode = 1
} else {
  writeFileSync(join(ROOT, CHECKSUM_FILE), formatChecksums(recorded))
  console.log(`${recorded.size} migrations recorded, ${recorded.size - kept.size} of them now.`)
}
