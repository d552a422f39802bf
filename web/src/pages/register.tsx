import { type FormEvent, useState } from 'react'
import { Link } from 'wouter'
import { graphql } from '../api/graphql.ts'
import { useSession } from '../session/context.tsx'
import { useForm } from '../session/use-form.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/fields.tsx'
import { PageHead, ProblemNotice } from '../ui/states.tsx'
import { useAction } from '../ui/use-action.ts'

const REGISTER = graphql(`
  mutation RegisterProfile($input: RegisterProfileInput!) {
    registerProfile(input: $input) { id username }
  }
`)

const EMPTY = { username: '', email: '', givenName: '', familyName: '' }

/** Makes an account, and leads on to signing in with it. The password is not kept as a draft. */
export default function Register() {
  const { session } = useSession()
  const { values, set, clear } = useForm('register', EMPTY)
  const [password, setPassword] = useState('')
  const { run, busy, problem } = useAction(REGISTER)
  const [made, setMade] = useState(false)
  const bind = (name: keyof typeof EMPTY) => ({
    required: true,
    value: values[name],
    problem: problem?.field === name ? (problem.detail ?? problem.says) : null,
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  })
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (!(await run({ input: { ...values, password } }))) return
    clear()
    setPassword('')
    setMade(true)
  }
  if (made) {
    return (
      <div className="welcome">
        <PageHead title="Your account is there" lead="Sign in with the user name and password you chose." />
        <div className="row">
          <Button kind="primary" onClick={() => void session.signIn('/')}>
            Sign in
          </Button>
        </div>
      </div>
    )
  }
  return (
    <div className="welcome">
      <PageHead title="Create an account" />
      <form className="card stack" onSubmit={(event) => void submit(event)}>
        <TextField label="User name" autoComplete="username" spellCheck={false} {...bind('username')} />
        <TextField label="E-mail" type="email" autoComplete="email" {...bind('email')} />
        <TextField label="Given name" autoComplete="given-name" {...bind('givenName')} />
        <TextField label="Family name" autoComplete="family-name" {...bind('familyName')} />
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          required
          value={password}
          problem={problem?.field === 'password' ? (problem.detail ?? problem.says) : null}
          onChange={(event) => setPassword(event.target.value)}
        />
        {problem && <ProblemNotice problem={problem} />}
        <div className="row">
          <Button kind="primary" type="submit" busy={busy}>
            Create account
          </Button>
          <Link className="button plain" href="/">
            Back
          </Link>
        </div>
      </form>
    </div>
  )
}
