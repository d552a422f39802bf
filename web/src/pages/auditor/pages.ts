import type { PageGroup } from '../page-entry.ts'

const AUDIT = 'ledger:audit'

export const AUDITOR_PAGES: PageGroup = {
  name: 'Audit',
  pages: [
    { path: '/audit', label: 'Books', scope: AUDIT, load: () => import('./books.tsx') },
    { path: '/audit/accounts', label: 'Accounts', scope: AUDIT, load: () => import('./accounts.tsx') },
    { path: '/audit/accounts/:id', label: null, scope: AUDIT, load: () => import('./account.tsx') },
    { path: '/audit/transfers/:id', label: null, scope: AUDIT, load: () => import('./transfer.tsx') },
    { path: '/audit/log', label: 'Access log', scope: 'audit:read', load: () => import('./access-log.tsx') },
  ],
}
