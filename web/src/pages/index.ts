import { AUDITOR_PAGES } from './auditor/pages.ts'
import { CUSTOMER_PAGES, MARKET_PAGES } from './customer/pages.ts'
import { EXPLORER_PAGES } from './explorer/pages.ts'
import { OPERATOR_PAGES } from './operator/pages.ts'
import type { PageGroup } from './page-entry.ts'

/** Every page, in the order of the navigation; the first that one's scopes open is where one arrives. */
export const PAGE_GROUPS: readonly PageGroup[] = [
  CUSTOMER_PAGES,
  OPERATOR_PAGES,
  AUDITOR_PAGES,
  MARKET_PAGES,
  EXPLORER_PAGES,
]
