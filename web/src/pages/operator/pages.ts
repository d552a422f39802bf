import type { PageGroup } from '../page-entry.ts'

export const OPERATOR_PAGES: PageGroup = { name: 'Operations', pages: [] }
