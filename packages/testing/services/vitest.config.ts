import { defineConfig } from 'vitest/config'
import type { Reporter, TestModule } from 'vitest/node'
import everyTest from '../../../vitest.config.ts'

/** A suite that was skipped proves nothing of the service it is for. */
const refusesSkips: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')])
    for (const test of skipped) process.stderr.write(`skipped: ${test.fullName}\n`)
    if (skipped.length > 0) process.exitCode = 1
  },
}

/** `npm run test:services`: the suites of the ports that have a real service behind them, against it. */
export default defineConfig({
  ...everyTest,
  test: {
    ...everyTest.test,
    include: ['{packages,subgraphs}/*/test/**/*.services.test.ts', '{certs,wso2,e2e}/**/*.services.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // A dozen processes start and are killed here, on machines that may be busy.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    globalSetup: ['packages/testing/src/global-setup.ts', 'packages/testing/src/services/services-setup.ts'],
    reporters: ['default', refusesSkips],
  },
})
