import { type FormEvent, useState } from 'react'
import { graphql } from '../../api/graphql.ts'
import { useServices } from '../../session/context.tsx'
import { Button } from '../../ui/button.tsx'
import { TextArea } from '../../ui/fields.tsx'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import type { Customer } from './customer.tsx'

const DECIDE_KYC = graphql(`
  mutation DecideKyc($profileId: ID!, $status: KycStatus!, $note: String!) {
    decideKyc(profileId: $profileId, status: $status, note: $note) { id kyc { status level note decidedAt } }
  }
`)

/** An officer's decision whether somebody is who he says he is. */
export function DecideKyc({ customer, onDecided }: { customer: Customer; onDecided: () => void }) {
  const { id, kyc } = customer
  const me = useServices().session.signedIn?.userId
  const { run, busy, problem } = useAction(DECIDE_KYC)
  const [note, setNote] = useState('')
  const [missing, setMissing] = useState(false)
  const say = useSay()
  if (me === id) return <p className="notice warn">This is you: somebody else must decide.</p>
  const decide = async (status: 'VERIFIED' | 'REJECTED'): Promise<void> => {
    setMissing(note.trim() === '')
    if (note.trim() === '') return
    if (!(await run({ profileId: id, status, note: note.trim() }))) return
    say(status === 'VERIFIED' ? 'Verified.' : 'Rejected.')
    setNote('')
    onDecided()
  }
  return (
    <form className="card stack" aria-label="Verification" onSubmit={(event: FormEvent) => event.preventDefault()}>
      <h2>Verification</h2>
      <TextArea
        label="Note"
        rows={3}
        maxLength={500}
        hint="What you saw, and why you decide so."
        problem={missing ? 'Say why you decide so.' : null}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      {problem && <ProblemNotice problem={problem} />}
      <div className="actions">
        {kyc.status !== 'REJECTED' && (
          <Button kind="danger" busy={busy} onClick={() => void decide('REJECTED')}>
            Reject
          </Button>
        )}
        {kyc.status !== 'VERIFIED' && (
          <Button kind="primary" busy={busy} onClick={() => void decide('VERIFIED')}>
            Verify
          </Button>
        )}
      </div>
    </form>
  )
}
