import swc from 'unplugin-swc'
import { defineConfig } from 'vitest/config'

/** Tests run on TypeScript sources (condition `source`), with the decorator metadata that type-graphql reads. */
export default defineConfig({
  plugins: [
    swc.vite({
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        keepClassNames: true,
      },
      module: { type: 'es6' },
    }),
  ],
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['node', 'import', 'module', 'default'] } },
  test: {
    include: ['{packages,subgraphs}/*/{src,test}/**/*.test.ts', '{router,workers,tools}/**/*.test.ts', 'e2e/**/*.e2e.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['packages/testing/src/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
