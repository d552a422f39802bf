import { defineConfig } from 'vitest/config'
import services from '../services/vitest.config.ts'

/** A build and sixteen processes at once, on machines that may be busy. */
const TIMEOUT_MS = 600_000

/** `npm run test:image`: the steps by which images are built, and the composed parts on what they make, without Docker. */
export default defineConfig({
  ...services,
  test: { ...services.test, include: ['e2e/**/*.image.test.ts'], testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS },
})
