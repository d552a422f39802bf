import { defineConfig } from 'vitest/config'
import services from '../services/vitest.config.ts'

/** `npm run test:faults`: whatever is killed under load, nothing is lost. `FAULTS_SEED` and `FAULTS_ROUNDS` say more. */
export default defineConfig({
  ...services,
  test: { ...services.test, include: ['e2e/**/*.faults.test.ts'], globalSetup: [] },
})
