import { problemOf } from '../api/errors.ts'
import { PageHead, ProblemNotice } from '../ui/states.tsx'

/** The app could not be started: its configuration or the answer of the identity server is missing. */
export function StartFailed() {
  return (
    <main className="main">
      <PageHead title="Corridor could not start" />
      <ProblemNotice problem={problemOf('SERVICE_UNAVAILABLE')} onRetry={() => location.assign('/')} />
    </main>
  )
}
