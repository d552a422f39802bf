import type { PageGroup } from '../page-entry.ts'

export const CUSTOMER_PAGES: PageGroup = {
  name: 'My money',
  pages: [{ path: '/', label: 'Wallets', scope: 'wallets:read', load: () => import('./wallets.tsx') }],
}
