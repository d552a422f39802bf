import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readPublicApi } from '../src/schema/public-api.ts'
import { SUPERGRAPH } from './stand-in/products.ts'

const MAVEN_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
const TIMEOUT_MS = 180_000

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'corridor-graphql-java-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(program: string, ...args: string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8', timeout: TIMEOUT_MS })
  if (done.error) throw done.error
  if (done.status !== 0) throw new Error(`${program} failed:\n${done.stdout}${done.stderr}`)
  return done.stdout
}

it('the published schema is read by the graphql-java of API Manager 4.5.0, root field by root field', () => {
  const { sdl, operations } = readPublicApi(SUPERGRAPH)
  const schema = join(folder, 'schema.graphql')
  writeFileSync(schema, sdl)
  const source = join(import.meta.dirname, 'graphql-java')
  const jars = join(folder, 'jars')
  run('mvn', '-q', '-B', '-f', join(source, 'pom.xml'), MAVEN_PLUGIN, `-DoutputDirectory=${jars}`)
  const names = run('java', '-cp', join(jars, '*'), join(source, 'ReadSchema.java'), schema).trim().split('\n')
  expect(names.sort()).toEqual(operations.map(({ target }) => target).sort())
})
