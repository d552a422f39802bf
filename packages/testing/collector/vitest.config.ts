import { defineConfig } from 'vitest/config'
import base from '../../../vitest.config.ts'

/** Its build is minutes the first time, and its answers are ten seconds away. */
const TIMEOUT_MS = 900_000

/** `npm run test:collector`: `otel/collector.yaml` in OpenTelemetry's collector, which is built for it (needs Go). */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['e2e/**/*.collector.test.ts'],
    globalSetup: [],
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
  },
})
