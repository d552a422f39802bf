import { silentLogger } from '@corridor/platform'
import { inProcessBus } from '../src/index.ts'
import { describeEventBus } from './event-bus-suite.ts'

describeEventBus('the bus of one process', () => inProcessBus({ logger: silentLogger }))
