import { graphql } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { ProblemNotice } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { DateTime } from '../../ui/values.tsx'
import { KYC_STATUS } from '../../ui/words.ts'
import type { Me } from './profile.tsx'

const START_KYC = graphql(`
  mutation StartKyc($level: KycLevel!) {
    startKyc(level: $level) { id kyc { status level redirectUrl } }
  }
`)

const LEVEL: Readonly<Record<string, string>> = { BASIC: 'Basic', ENHANCED: 'Enhanced' }

/** How far the customer's identity is verified, and the next step. */
export function Verification({ kyc, onChange }: { kyc: Me['kyc']; onChange: () => void }) {
  const { run, busy, problem } = useAction(START_KYC)
  const say = useSay()
  const { status, level, decidedAt, note, redirectUrl } = kyc
  const next = nextLevel(kyc)
  const start = async (wanted: 'BASIC' | 'ENHANCED'): Promise<void> => {
    if (!(await run({ level: wanted }))) return
    say('Your verification has begun.')
    onChange()
  }
  return (
    <section className="card stack" aria-labelledby="verification">
      <div className="row apart">
        <h2 id="verification">Verification</h2>
        <Status words={KYC_STATUS} state={status} />
      </div>
      <p className="quiet">
        {level ? `Level ${LEVEL[level] ?? level}` : 'Not verified yet: your limits are low until you are.'}
        {decidedAt && (
          <>
            , <DateTime at={decidedAt} show="day" />
          </>
        )}
      </p>
      {note && <p>{note}</p>}
      {redirectUrl && (
        <p>
          <a href={redirectUrl}>Go on with the check</a>
        </p>
      )}
      {problem && <ProblemNotice problem={problem} />}
      {next && (
        <Button busy={busy} onClick={() => void start(next)}>
          {next === 'BASIC' ? 'Start verification' : 'Raise my limits: verify further'}
        </Button>
      )}
    </section>
  )
}

function nextLevel({ status, level }: Me['kyc']): 'BASIC' | 'ENHANCED' | null {
  if (status === 'PENDING') return null
  if (status !== 'VERIFIED') return 'BASIC'
  return level === 'ENHANCED' ? null : 'ENHANCED'
}
