import type { PageGroup } from '../page-entry.ts'

const REVIEW = 'payments:review'
const CUSTOMERS = 'profile:admin'
const RULES = 'rules:read'

export const OPERATOR_PAGES: PageGroup = {
  name: 'Operations',
  pages: [
    { path: '/review', label: 'Review queue', scope: REVIEW, load: () => import('./review-queue.tsx') },
    { path: '/review/:id', label: null, scope: REVIEW, load: () => import('./review-payment.tsx') },
    { path: '/customers', label: 'Customers', scope: CUSTOMERS, load: () => import('./customers.tsx') },
    { path: '/customers/:id', label: null, scope: CUSTOMERS, load: () => import('./customer.tsx') },
    { path: '/desk', label: 'Rates and exposure', scope: 'forex:exposure', load: () => import('./desk.tsx') },
    { path: '/rules', label: 'Rules', scope: RULES, load: () => import('./rule-sets.tsx') },
    { path: '/rules/:name/:version', label: null, scope: RULES, load: () => import('./rule-set.tsx') },
    { path: '/platform', label: 'Platform', scope: REVIEW, load: () => import('./platform.tsx') },
  ],
}
