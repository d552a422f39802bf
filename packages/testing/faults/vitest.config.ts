import { defineConfig } from 'vitest/config'
import services from '../services/vitest.config.ts'

/** Those that take their time are made by hand. */
const files = process.env.FAULTS === 'all' ? ['e2e/**/*.{faults,outages}.test.ts'] : ['e2e/**/*.faults.test.ts']

/** `npm run test:faults`: whatever breaks under load, nothing is lost. docs/faults.md says what else it takes. */
export default defineConfig({
  ...services,
  // Each file has a platform of its own, on the same ports.
  test: { ...services.test, include: files, globalSetup: [], fileParallelism: false },
})
