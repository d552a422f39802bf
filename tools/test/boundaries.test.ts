import { describe, expect, it } from 'vitest'
import { boundaryViolations } from '../src/boundaries.ts'
import { type ModuleFile, readModule } from '../src/module-graph.ts'
import { ROOT } from '../src/root.ts'
import { sourceFiles } from '../src/source-files.ts'

const MAX_LINES = 400
/** Whose business the environment is: process entries, what starts or builds processes, and a library's only switch. */
const MAY_READ_ENVIRONMENT =
  /(^|\/)main\.ts$|^packages\/platform\/src\/lifecycle\.ts$|^router\/src\/apollo-telemetry\.ts$|^(packages\/embedded|bin|tools|bench|e2e)\/|^packages\/testing\/|\.test\.ts$/

const SILENCING = /\/[/*]\s*(@ts-(?:ignore|nocheck|expect-error)|biome-ignore|eslint-disable)/

const files = sourceFiles(ROOT, /\.(ts|tsx|mts)$/)
const modules = files.map(readModule)

describe('the imports of the repository', () => {
  it('go left only', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(boundaryViolations(modules)).toEqual([])
  })

  it('leave the environment to the entries of processes', () => {
    const readers = modules.filter(({ readsEnvironment, path }) => readsEnvironment && !MAY_READ_ENVIRONMENT.test(path))
    expect(readers.map(({ path }) => path)).toEqual([])
  })
})

describe('the types of the repository', () => {
  it('are known: none is any', () => {
    expect(modules.filter(({ saysAny }) => saysAny).map(({ path }) => path)).toEqual([])
  })

  it('are believed: the type checker and the linter are silenced nowhere', () => {
    const silenced = files.filter(({ text }) => SILENCING.test(text))
    expect(silenced.map(({ path }) => path)).toEqual([])
  })
})

describe('the files of the repository', () => {
  it(`are under ${MAX_LINES} lines`, () => {
    const long = sourceFiles(ROOT, /\.(ts|tsx|mts|mjs|sql|css)$/)
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
      .filter(({ path, lines }) => lines >= MAX_LINES && !path.includes('/generated/'))
    expect(long).toEqual([])
  })

  it('leave nothing open', () => {
    const mark = /\b(TO{1}DO|FIX{1}ME)\b/
    const open = sourceFiles(ROOT, /\.(ts|tsx|mts|mjs|sql|css|graphql)$/).filter(({ text }) => mark.test(text))
    expect(open.map(({ path }) => path)).toEqual([])
  })
})

describe('the rules', () => {
  it.each([
    ['packages/money/src/money.ts', '@corridor/platform'],
    ['packages/platform/src/errors.ts', '@corridor/money'],
    ['packages/events/src/relay.ts', '@corridor/subgraph'],
    ['packages/subgraph/src/serve.ts', '@corridor/dev-services'],
    ['subgraphs/ledger/src/main.ts', '@corridor/dev-services'],
    ['subgraphs/ledger/src/use-cases/post.ts', '@corridor/wallet'],
    ['subgraphs/ledger/test/post.test.ts', '@corridor/wallet'],
    ['subgraphs/ledger/src/main.ts', '@corridor/testing'],
    ['subgraphs/ledger/src/main.ts', '@corridor/embedded'],
    ['router/src/main.ts', '@corridor/forex'],
    ['router/test/gateway.test.ts', '@corridor/forex'],
    ['router/src/main.ts', '@corridor/workers'],
    ['workers/src/mailer/main.ts', '@corridor/router'],
    ['workers/src/mailer/main.ts', '@corridor/dev-services'],
    ['workers/src/mailer/main.ts', 'pg'],
    ['packages/dev-services/src/index.ts', '@corridor/embedded'],
    ['packages/events/src/relay.ts', '@corridor/platform/src/errors.ts'],
    ['packages/events/src/relay.ts', '../../platform/src/errors.ts'],
    ['packages/money/src/money.ts', 'vitest'],
    ['packages/money/src/money.ts', './money.test.ts'],
    ['packages/money/src/money.ts', './decimal'],
    ['subgraphs/ledger/src/domain/post.ts', '../use-cases/post.ts'],
    ['subgraphs/ledger/src/domain/post.ts', '../clients/forex.ts'],
    ['subgraphs/ledger/src/domain/post.ts', 'node:fs'],
    ['subgraphs/ledger/src/domain/post.ts', 'pg'],
    ['subgraphs/ledger/src/domain/post.ts', 'type-graphql'],
    ['subgraphs/ledger/src/entities/account.ts', '../resolvers/account.ts'],
    ['subgraphs/ledger/src/use-cases/post.ts', '../resolvers/account.ts'],
    ['subgraphs/ledger/src/resolvers/account.ts', '../index.ts'],
    ['subgraphs/ledger/src/index.ts', './main.ts'],
    ['web/src/main.tsx', '@corridor/money'],
    ['web/src/main.tsx', 'node:crypto'],
  ])('keep %s from importing %s', (path, specifier) => {
    expect(violationsOf(path, specifier)).toHaveLength(1)
  })

  it.each([
    ['packages/events/src/relay.ts', '@corridor/platform'],
    ['packages/embedded/src/main.ts', '@corridor/wallet'],
    ['packages/embedded/src/main.ts', '@corridor/dev-services'],
    ['packages/testing/src/index.ts', '@corridor/dev-services'],
    ['packages/testing/src/index.ts', 'vitest'],
    ['packages/events/test/relay.test.ts', '@corridor/testing'],
    ['subgraphs/ledger/src/main.ts', '@corridor/subgraph'],
    ['subgraphs/ledger/src/main.ts', './index.ts'],
    ['subgraphs/ledger/src/index.ts', './config.ts'],
    ['subgraphs/ledger/src/domain/block.ts', 'node:crypto'],
    ['subgraphs/ledger/src/use-cases/post.ts', '../domain/post.ts'],
    ['subgraphs/ledger/src/use-cases/post.ts', '../clients/forex.ts'],
    ['subgraphs/ledger/src/use-cases/post.ts', 'pg'],
    ['subgraphs/ledger/test/post.test.ts', '../src/domain/post.ts'],
    ['subgraphs/ledger/src/domain/post.test.ts', 'fast-check'],
    ['workers/src/ledger-sealer/main.ts', '@corridor/ledger'],
    ['web/src/main.tsx', './design/tokens.css'],
    ['web/src/api/resume.test.ts', 'node:fs'],
  ])('let %s import %s', (path, specifier) => {
    expect(violationsOf(path, specifier)).toEqual([])
  })

  it('keep a worker to one subgraph', () => {
    const worker = readModule({
      path: 'workers/src/mailer/main.ts',
      text: `import '@corridor/profile'; import type { X } from '@corridor/payment'`,
    })
    expect(boundaryViolations([worker])).toEqual([
      'workers/src/mailer imports subgraphs/profile and subgraphs/payment: a worker imports one subgraph.',
    ])
  })

  it('see a cycle of imports, unless it is one of types', () => {
    const moduleOf = (name: string, text: string) => readModule({ path: `router/src/${name}.ts`, text })
    const [b, c] = [moduleOf('b', `export * from './c.ts'`), moduleOf('c', `await import('./a.ts')`)]
    expect(boundaryViolations([moduleOf('a', `import { b } from './b.ts'`), b, c])).toEqual([
      'router/src/a.ts -> router/src/b.ts -> router/src/c.ts -> router/src/a.ts: a cycle.',
    ])
    expect(boundaryViolations([moduleOf('a', `import type { b } from './b.ts'`), b, c])).toEqual([])
  })

  it('see imports in every form, and none in comments or strings', () => {
    const text = `
      import a from 'a'
      export { b } from 'b'
      export type * from 'c'
      type D = import('d').D
      const e = await import('e')
      createRequire(import.meta.url).resolve('f')
      require('g')
      Promise.resolve('h')
      // import i from 'i'
      const j = "import j from 'j'"`
    const { imports } = readModule({ path: 'router/src/x.ts', text })
    expect(imports.map(({ specifier, typeOnly }) => `${specifier} ${typeOnly}`)).toEqual([
      'a false',
      'b false',
      'c true',
      'd true',
      'e false',
      'f false',
      'g false',
    ])
  })

  it.each(['process.env.PORT', `process['env']`, 'const { env } = process', `import { env } from 'node:process'`])(
    'see the environment read by %s',
    (text) => {
      expect(moduleOf(text).readsEnvironment).toBe(true)
    },
  )

  it.each(['let x: any', 'f(x as any)', 'type X = Record<string, any[]>', 'function f<T = any>() {}'])(
    'see any in %s',
    (text) => {
      expect(moduleOf(text).saysAny).toBe(true)
    },
  )

  it('see no any in a comment, a string or a name', () => {
    expect(moduleOf(`const any = 'any' // any\nconst x: unknown = any`).saysAny).toBe(false)
  })
})

const moduleOf = (text: string): ModuleFile => readModule({ path: 'router/src/x.ts', text })

const violationsOf = (path: string, specifier: string): string[] =>
  boundaryViolations([readModule({ path, text: `import ${JSON.stringify(specifier)}` })])
