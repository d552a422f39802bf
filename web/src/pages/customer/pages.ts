import type { PageGroup } from '../page-entry.ts'

/** A wallet of one's own is what makes a customer: staff, who may only look, are led elsewhere. */
const CUSTOMER = 'wallets:write'

export const CUSTOMER_PAGES: PageGroup = {
  name: 'My money',
  pages: [
    { path: '/wallets', label: 'Wallets', scope: CUSTOMER, load: () => import('./wallets.tsx') },
    { path: '/wallets/:id', label: null, scope: CUSTOMER, load: () => import('./wallet.tsx') },
    { path: '/send', label: 'Send money', scope: 'payments:write', load: () => import('./send.tsx') },
    { path: '/payments', label: 'Payments', scope: CUSTOMER, load: () => import('./payments.tsx') },
    { path: '/payments/:id', label: null, scope: 'payments:read', load: () => import('./payment.tsx') },
    { path: '/recipients', label: 'Recipients', scope: 'profile:write', load: () => import('./recipients.tsx') },
    { path: '/profile', label: 'Profile', scope: 'profile:write', load: () => import('./profile.tsx') },
    { path: '/webhooks', label: 'Webhooks', scope: 'webhooks:write', load: () => import('./webhooks.tsx') },
  ],
}

export const MARKET_PAGES: PageGroup = {
  name: 'Market',
  pages: [
    { path: '/rates', label: 'Rates', scope: 'forex:read', load: () => import('./rates.tsx') },
    { path: '/rates/:pair', label: null, scope: 'forex:read', load: () => import('./rate.tsx') },
  ],
}
