// The one entry behind every npm script. Runs on any Node that npm 11 runs on, and goes on with the Node that the
// platform needs: fetches it from the npm registry if it must, installs what is missing, builds what is stale.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const NODE_MAJOR = 24
const NODE_VERSION = '24.21.0'
const TOOLS = join(ROOT, '.tools')

/** What each command runs, from the root, after the build. */
const COMMANDS = {
  build: null,
  start: ['packages/embedded/dist/main.js'],
  demo: ['packages/embedded/dist/demo/main.js'],
  token: ['packages/embedded/dist/token/main.js'],
  migrate: ['packages/embedded/dist/migrate/main.js'],
  compose: ['tools/dist/compose.js'],
  'ledger:export': ['packages/embedded/dist/ledger-export/main.js'],
  'ledger:verify': ['subgraphs/ledger/dist/verify/main.js'],
  rates: ['subgraphs/forex/dist/commands/main.js'],
  check: ['tools/dist/check.js'],
  environment: ['packages/embedded/dist/environment/main.js'],
  certs: ['certs/dist/main.js'],
  profile: ['subgraphs/profile/dist/commands/main.js'],
  wso2: ['wso2/dist/main.js'],
  dashboards: ['tools/dist/write-dashboards.js'],
  manifests: ['tools/dist/write-dependencies.js'],
  'migrations:record': ['tools/dist/record-migrations.js'],
  bench: benchmark,
  ops: ['packages/embedded/dist/ops/main.js'],
  status: ['packages/embedded/dist/status/main.js'],
  services: ['packages/testing/dist/services/main.js'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  'test:faults': ['node_modules/vitest/vitest.mjs', 'run', '--config', 'packages/testing/faults/vitest.config.ts'],
  'test:image': ['node_modules/vitest/vitest.mjs', 'run', '--config', 'packages/testing/image/vitest.config.ts'],
  'test:collector': [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    'packages/testing/collector/vitest.config.ts',
  ],
  'test:web': ['node_modules/vitest/vitest.mjs', 'run', '--config', 'e2e/web/vitest.config.ts'],
  'test:services': ['node_modules/vitest/vitest.mjs', 'run', '--config', 'packages/testing/services/vitest.config.ts'],
}

const [command, ...args] = process.argv.slice(2)
if (!Object.hasOwn(COMMANDS, command ?? '')) {
  say(`There is no command "${command ?? ''}". There are: ${Object.keys(COMMANDS).join(', ')}.`)
  process.exit(2)
}

const major = Number(process.versions.node.split('.')[0])
if (major < NODE_MAJOR) {
  run(nodeOfTheProject(), [fileURLToPath(import.meta.url), command, ...args])
} else {
  installDependencies()
  build()
  buildWeb()
  const known = COMMANDS[command]
  const target = typeof known === 'function' ? known(args) : known
  if (target) run(process.execPath, [join(ROOT, target[0]), ...target.slice(1), ...args])
}

/** `npm run bench -- <name>` runs `bench/<name>.ts`, whose types Node 24 strips by itself. */
function benchmark(names) {
  const name = names.shift() ?? ''
  const known = readdirSync(join(ROOT, 'bench'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
  if (known.includes(name)) return [`bench/${name}.ts`]
  say(`There is no benchmark "${name}". There are: ${known.join(', ')}.`)
  process.exit(2)
}

/** Progress goes to standard error: standard output is the command's own. */
function say(line) {
  process.stderr.write(`${line}\n`)
}

function nodeOfTheProject() {
  const name = `node-${platform() === 'win32' ? 'win' : platform()}-${arch()}`
  const binary = join(TOOLS, 'node_modules', name, 'bin', platform() === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(binary)) {
    say(`Node ${process.versions.node} is too old: fetching Node ${NODE_VERSION} from the npm registry into .tools`)
    npm([
      'install',
      '--prefix',
      TOOLS,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      `${name}@${NODE_VERSION}`,
    ])
  }
  return binary
}

function installDependencies() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json')
  const wanted = join(ROOT, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return
  say('Installing dependencies from the npm registry: about a minute, this once')
  npm(['ci', '--no-audit', '--no-fund', '--loglevel', 'error'])
}

function build() {
  const sources = newest(ROOT, (name) => /\.(ts|json)$/.test(name))
  const stamp = join(ROOT, 'node_modules', '.corridor-build')
  const complete = hasEveryOutput()
  if (complete && existsSync(stamp) && statSync(stamp).mtimeMs >= sources) return
  say('Building')
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  // The compiler goes by its own notes, and would not see that what it once wrote is gone.
  const args = complete ? ['-b', ROOT] : ['-b', '--force', ROOT]
  const built = spawnSync(process.execPath, [tsc, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] })
  if (built.status !== 0) process.exit(built.status ?? 1)
  writeFileSync(stamp, '')
}

/** The web app, by Vite, which takes about a second: beside what is there, which it replaces once it is whole. */
function buildWeb() {
  const folder = join(ROOT, 'web')
  const built = join(folder, 'dist')
  const page = join(built, 'index.html')
  const sources = newest(folder, () => true)
  if (existsSync(page) && statSync(page).mtimeMs >= sources) return
  say('Building the web app')
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js')
  const next = join(folder, '.dist')
  const args = [vite, 'build', '--logLevel', 'warn', '--outDir', next, '--emptyOutDir']
  const { status } = spawnSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 2, 2], env: environment() })
  if (status !== 0) process.exit(status ?? 1)
  rmSync(built, { recursive: true, force: true })
  renameSync(next, built)
}

/** Whether every project has been built here: a stamp that was copied with node_modules says nothing of this folder. */
function hasEveryOutput() {
  const { references } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'))
  return references.every(({ path }) => existsSync(join(ROOT, path, 'dist')))
}

/** When the newest source file changed. */
function newest(folder, wanted) {
  let latest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) latest = Math.max(latest, newest(path, wanted))
    else if (wanted(entry.name)) latest = Math.max(latest, statSync(path).mtimeMs)
  }
  return latest
}

function npm(npmArgs) {
  const cli = process.env.npm_execpath
  const done = cli?.endsWith('.js')
    ? spawnSync(process.execPath, [cli, ...npmArgs], { cwd: ROOT, stdio: ['ignore', 2, 2], env: environment() })
    : spawnSync('npm', npmArgs, { cwd: ROOT, stdio: ['ignore', 2, 2], env: environment() })
  if (done.status !== 0) {
    say(`npm ${npmArgs[0]} failed: is the npm registry within reach?`)
    process.exit(done.status ?? 1)
  }
}

/** With the Node of the project first in the path, for everything that is started from here. */
function environment() {
  return { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` }
}

/** Hands over: signals go to the child, whose end is ours. A Ctrl-C reaches the child by the terminal itself. */
function run(program, programArgs) {
  const child = spawn(program, programArgs, { cwd: ROOT, stdio: 'inherit', env: environment() })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // Without a terminal nobody but us was told.
  process.on('SIGINT', () => void (process.stdin.isTTY || child.kill('SIGINT')))
  child.on('error', (error) => {
    say(`${program} could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}
