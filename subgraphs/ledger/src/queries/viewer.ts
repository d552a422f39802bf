import { type Caller, hasScope } from '@corridor/platform'

/** Whose rows a caller may see. A scope opens the field; this opens the row. */
export interface Viewer {
  /** The customer, null for staff without one and for services. */
  readonly owner: string | null
  /** Any account, entry and transfer. */
  readonly mayAudit: boolean
  /** Any customer's account with its balance and entries. */
  readonly mayAdminWallets: boolean
}

export const viewerOf = (caller: Caller): Viewer => ({
  owner: caller.kind === 'user' ? caller.subject : null,
  mayAudit: hasScope(caller, 'ledger:audit'),
  mayAdminWallets: hasScope(caller, 'wallets:admin'),
})

/** Whether an account of this owner (null: the house) is the viewer's to see. */
export function maySeeAccount(viewer: Viewer, owner: string | null): boolean {
  if (viewer.mayAudit) return true
  if (owner === null) return false
  return viewer.mayAdminWallets || viewer.owner === owner
}
