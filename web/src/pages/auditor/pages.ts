import type { PageGroup } from '../page-entry.ts'

export const AUDITOR_PAGES: PageGroup = { name: 'Audit', pages: [] }
