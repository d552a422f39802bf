import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const MAVEN_TIMEOUT_MS = 180_000
/** Pinned: without a version Maven would take the newest of the day. */
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'

/** The jars that the file names, fetched unless all of them are there already; answers their folder. */
export function fetchJars(folder: string, pomFile: string): string {
  const wanted = createHash('sha256').update(readFileSync(pomFile)).digest('hex').slice(0, 16)
  const jars = join(folder, `jars-${wanted}`)
  const complete = join(jars, 'complete')
  if (existsSync(complete)) return jars
  runToEnd('mvn', ['-q', '-B', '-f', pomFile, COPY_DEPENDENCIES, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`])
  writeFileSync(complete, '')
  return jars
}

/** Runs a program to its end. @throws Error with all that it said when it fails. */
export function runToEnd(program: string, args: readonly string[]): void {
  const done = spawnSync(program, args, { encoding: 'utf8', timeout: MAVEN_TIMEOUT_MS })
  if (done.error) throw done.error
  if (done.status !== 0) throw new Error(`${program} failed:\n${done.stdout}${done.stderr}`)
}
