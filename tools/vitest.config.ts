import { defineConfig } from 'vitest/config'
import everyTest from '../vitest.config.ts'

/** The repository's own rules, which `npm run check` holds too: they read files and need no database. */
export default defineConfig({
  ...everyTest,
  test: { ...everyTest.test, include: ['tools/test/**/*.test.ts'], globalSetup: [] },
})
