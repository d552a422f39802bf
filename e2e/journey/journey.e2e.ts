import { describeJourney } from './journey-suite.ts'
import { startTestPlatform } from './platform.ts'

describeJourney('in one process', startTestPlatform)
