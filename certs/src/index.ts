export { type GenerateOptions, generate } from './generate.ts'
export { PARTIES, type Party } from './names.ts'
