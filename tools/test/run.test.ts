import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../src/root.ts'

/** Writes a page and then ends as it is told to, as a build does whose disk is full. */
const BUILDER = `
  const folder = process.argv[process.argv.indexOf('--outDir') + 1]
  require('node:fs').mkdirSync(folder, { recursive: true })
  require('node:fs').writeFileSync(folder + '/index.html', process.env.PAGE)
  process.exit(Number(process.env.BUILD_ENDS_WITH))`

describe('npm run', () => {
  const root = mkdtempSync(join(tmpdir(), 'corridor-run-'))
  const page = join(root, 'web/dist/index.html')
  const build = (env: Readonly<Record<string, string>>): number | null =>
    spawnSync(process.execPath, [join(root, 'bin/run.mjs'), 'build'], { env: { ...process.env, ...env } }).status

  beforeAll(() => {
    cpSync(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true })
    write('package-lock.json', '{}')
    write('node_modules/.package-lock.json', '{}')
    write('tsconfig.json', '{ "references": [] }')
    write('node_modules/typescript/bin/tsc', '')
    write('node_modules/vite/package.json', '{}')
    write('node_modules/vite/bin/vite.js', BUILDER)
    write('web/index.html', '')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('takes no web app for built whose build failed, and serves the one before until the next is whole', () => {
    expect(build({ PAGE: 'half', BUILD_ENDS_WITH: '1' })).toBe(1)
    expect(existsSync(page)).toBe(false)
    expect(build({ PAGE: 'first', BUILD_ENDS_WITH: '0' })).toBe(0)
    expect(readFileSync(page, 'utf8')).toBe('first')
    execFileSync('touch', ['-d', '+1 hour', join(root, 'web/index.html')])
    expect(build({ PAGE: 'half', BUILD_ENDS_WITH: '1' })).toBe(1)
    expect(readFileSync(page, 'utf8')).toBe('first')
    expect(build({ PAGE: 'second', BUILD_ENDS_WITH: '0' })).toBe(0)
    expect(readFileSync(page, 'utf8')).toBe('second')
  })

  it('names the commands that there are', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'bin/run.mjs'), 'strat'], { encoding: 'utf8' })
    expect(status).toBe(2)
    expect(stderr).toMatch(/^There is no command "strat"\. There are: .*\bstart\b/)
  })

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
})
