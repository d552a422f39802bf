import { createRequire } from 'node:module'
import swc from 'unplugin-swc'
import { defineConfig } from 'vitest/config'

const require = createRequire(import.meta.url)

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
  // Node loads graphql's `main`; Vite would prefer its `module`, and two copies do not know each other's types.
  resolve: { conditions: ['source'], alias: [{ find: /^graphql$/, replacement: require.resolve('graphql') }] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['node', 'import', 'module', 'default'] } },
  test: {
    include: [
      '{packages,subgraphs}/*/{src,test}/**/*.test.ts',
      '{router,workers,tools,web,wso2,certs}/**/*.test.ts',
      'e2e/**/*.e2e.ts',
    ],
    // Suites against real services have a run of their own: npm run test:services.
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.{services,faults}.test.ts'],
    globalSetup: ['packages/testing/src/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
})
