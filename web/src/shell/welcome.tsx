import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { type Problem, problemOf } from '../api/errors.ts'
import { useSession } from '../session/context.tsx'
import { Button } from '../ui/button.tsx'
import { PageHead, ProblemNotice } from '../ui/states.tsx'

/** Where somebody arrives who is not signed in. */
export function Welcome() {
  const { session } = useSession()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  useEffect(() => session.join(), [session])
  const signIn = async (): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      await session.signIn()
    } catch {
      // Whatever kept the identity server from being reached, the remedy is the same.
      setProblem(problemOf('SERVICE_UNAVAILABLE'))
      setBusy(false)
    }
  }
  return (
    <div className="welcome">
      <PageHead title="Money across currencies, in sight all the way" />
      <p className="quiet">
        Keep wallets in several currencies, see a rate move, lock it, send money, and watch it arrive.
      </p>
      {problem && <ProblemNotice problem={problem} />}
      <div className="row">
        <Button kind="primary" busy={busy} onClick={() => void signIn()}>
          Sign in
        </Button>
        <Link className="button" href="/register">
          Create an account
        </Link>
      </div>
    </div>
  )
}
