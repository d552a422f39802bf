export { type Desired, desiredState } from './desired.ts'
export { readSettings } from './settings.ts'
