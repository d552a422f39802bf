import type { PageGroup } from '../page-entry.ts'

export const EXPLORER_PAGES: PageGroup = {
  name: 'Developers',
  pages: [{ path: '/explorer', label: 'API explorer', scope: 'forex:read', load: () => import('./explorer.tsx') }],
}
