import { defineConfig } from 'vitest/config'
import shared from '../../vitest.config.ts'

/** `npm run test:web`: the web app in a real browser, on a whole platform. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['e2e/web/**/*.web.test.ts'],
    globalSetup: ['e2e/web/platform-setup.ts'],
    testTimeout: 120_000,
    // They share the platform's customers, and a machine with two cores has room for one browser.
    fileParallelism: false,
  },
})
