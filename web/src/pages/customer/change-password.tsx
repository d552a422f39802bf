import { type FormEvent, useState } from 'react'
import { graphql } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/fields.tsx'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'

const CHANGE_PASSWORD = graphql(`
  mutation ChangePassword($current: String!, $new: String!) {
    changePassword(current: $current, new: $new)
  }
`)

const EMPTY = { current: '', wanted: '' }

/** Passwords are kept nowhere in the browser, not even as a draft. */
export function ChangePassword() {
  const { run, busy, problem } = useAction(CHANGE_PASSWORD)
  const [{ current, wanted }, setValues] = useState(EMPTY)
  const say = useSay()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (!(await run({ current, new: wanted }))) return
    setValues(EMPTY)
    say('Your password is changed.')
  }
  return (
    <section className="card stack" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setValues({ current: event.target.value, wanted })}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          required
          value={wanted}
          onChange={(event) => setValues({ current, wanted: event.target.value })}
        />
        {problem && <ProblemNotice problem={problem} />}
        <div className="row">
          <Button type="submit" busy={busy}>
            Change password
          </Button>
        </div>
      </form>
    </section>
  )
}
