import { type FormEvent, useState } from 'react'
import { graphql } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/fields.tsx'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { Badge } from '../../ui/values.tsx'

const VERIFY_EMAIL = graphql(`
  mutation VerifyEmail($code: String!) {
    verifyEmail(code: $code) { id emailVerified }
  }
`)

const RESEND = graphql(`
  mutation ResendEmailVerification {
    resendEmailVerification
  }
`)

/** Proves that the customer reads the mail sent to his address. */
export function EmailVerification({
  email,
  verified,
  onChange,
}: {
  email: string | null
  verified: boolean
  onChange: () => void
}) {
  const verify = useAction(VERIFY_EMAIL)
  const resend = useAction(RESEND)
  const [code, setCode] = useState('')
  const say = useSay()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (!(await verify.run({ code: code.trim() }))) return
    say('Your e-mail address is confirmed.')
    onChange()
  }
  const send = async (): Promise<void> => {
    if (await resend.run({})) say('A new code is on its way to you.')
  }
  const problem = verify.problem ?? resend.problem
  return (
    <section className="card stack" aria-labelledby="email">
      <div className="row apart">
        <h2 id="email">E-mail</h2>
        <Badge tone={verified ? 'good' : 'warn'}>{verified ? 'Confirmed' : 'Not confirmed'}</Badge>
      </div>
      <p>{email ?? 'No address'}</p>
      {!verified && (
        <form className="stack" onSubmit={(event) => void submit(event)}>
          <TextField
            label="Code from the mail"
            autoComplete="one-time-code"
            required
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
          {problem && <ProblemNotice problem={problem} />}
          <div className="row">
            <Button type="submit" busy={verify.busy}>
              Confirm
            </Button>
            <Button kind="plain" busy={resend.busy} onClick={() => void send()}>
              Send a new code
            </Button>
          </div>
        </form>
      )}
    </section>
  )
}
