import { startTestDynamo } from '@corridor/testing'
import { describeHistory } from './history-suite.ts'

describeHistory('the history in the embedded DynamoDB', startTestDynamo)
