import { inProcessCache } from '@corridor/platform'
import { describeSharedRates } from './cache-suite.ts'

describeSharedRates('rates shared in one process', { openCache: inProcessCache })
