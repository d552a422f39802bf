/**
 * `npm run check`: types, lint and format, boundaries, composition. Every step runs, whatever the others say, so that one
 * run shows all there is to mend; it fails if any of them does.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from './root.ts'

interface Step {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
}

const require = createRequire(import.meta.url)
const TSC = programOf('typescript', 'tsc')
const COMPOSE = join(dirname(fileURLToPath(import.meta.url)), 'compose.js')

const STEPS: readonly Step[] = [
  { name: 'types', program: TSC, args: ['-b'] },
  { name: 'types of the tests', program: TSC, args: ['-p', 'tsconfig.tests.json'] },
  { name: 'types of the web app', program: TSC, args: ['-p', 'web'] },
  {
    name: 'lint and format',
    program: programOf('@biomejs/biome', 'biome'),
    args: ['check', '--error-on-warnings', '.'],
  },
  {
    name: 'boundaries and other rules of the repository',
    program: programOf('vitest', 'vitest'),
    args: ['run', '--config', 'tools/vitest.config.ts', '--reporter=dot'],
  },
  { name: 'composition', program: COMPOSE, args: ['--check'] },
]

const failed = STEPS.filter((step) => !passes(step))
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.map(({ name }) => name).join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1

/** Runs the step, its output shown as it comes, and says how it ended and how long it took. */
function passes({ name, program, args }: Step): boolean {
  console.log(`\n== ${name}`)
  const started = performance.now()
  const { status, error } = spawnSync(process.execPath, [program, ...args], { cwd: ROOT, stdio: 'inherit' })
  if (error) throw error
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  console.log(`== ${name}: ${status === 0 ? 'passed' : 'failed'} in ${seconds} s`)
  return status === 0
}

/** The script behind a command of an installed package. */
function programOf(packageName: string, command: string): string {
  const manifestPath = require.resolve(`${packageName}/package.json`)
  const { bin } = require(manifestPath) as { bin: Readonly<Record<string, string>> } // All three name their commands so.
  const script = bin[command]
  if (script === undefined) throw new Error(`The package ${packageName} has no command ${command}.`)
  return join(dirname(manifestPath), script)
}
