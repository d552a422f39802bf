import type { PageGroup } from '../page-entry.ts'

export const EXPLORER_PAGES: PageGroup = { name: 'Developers', pages: [] }
