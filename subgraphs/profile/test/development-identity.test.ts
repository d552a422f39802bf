import { systemClock } from '@corridor/platform'
import { startTestIdentity, type TestIdentity } from '@corridor/testing'
import { afterAll, beforeAll, describe } from 'vitest'
import { scimDirectory } from '../src/index.ts'
import { behavesAsDirectory } from './directory-suite.ts'

let identity: TestIdentity

beforeAll(async () => {
  identity = await startTestIdentity()
})
afterAll(() => identity.close())

describe('users of the development identity server', () => {
  behavesAsDirectory(() => scimDirectory({ ...identity.access, clock: systemClock }))
})
