import { useState } from 'react'
import { useSession } from '../session/context.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'

/** A session that cannot be renewed by itself: whoever signs in again comes back to the same page with what he typed. */
export function SessionEnded() {
  const { session, state } = useSession()
  const [busy, setBusy] = useState(false)
  if (state !== 'ended') return null
  const signIn = (): void => {
    setBusy(true)
    session.signIn().catch(() => setBusy(false)) // The page is still there to try again.
  }
  return (
    <Dialog title="Your session has ended">
      <div className="body">
        <p>Sign in again to go on where you are. What you typed is kept.</p>
        <div className="actions">
          <Button kind="primary" busy={busy} onClick={signIn}>
            Sign in again
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
