import { type FormEvent, useState } from 'react'
import { graphql } from '../../api/graphql.ts'
import { useForm } from '../../session/use-form.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/fields.tsx'
import { ProblemNotice } from '../../ui/states.tsx'
import { useAction } from '../../ui/use-action.ts'
import { PAYMENT_STATUS } from '../../ui/words.ts'

const REGISTER_WEBHOOK = graphql(`
  mutation RegisterWebhook($input: RegisterWebhookInput!) {
    registerWebhook(input: $input) { id url events secret }
  }
`)

const EVENTS = Object.entries(PAYMENT_STATUS).map(([status, { text }]) => ({
  type: `payment.${status.toLowerCase()}`,
  text,
}))

/** Registers an address, and shows the secret that its messages are signed with: once, and never again. */
export function RegisterWebhook({ onClose }: { onClose: () => void }) {
  const { values, set, keyFor, clear } = useForm('webhook', { url: 'https://', events: [] as readonly string[] })
  const { run, busy, problem } = useAction(REGISTER_WEBHOOK)
  const [secret, setSecret] = useState<string | null>(null)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const wanted = { url: values.url.trim(), events: [...values.events] }
    const done = await run({ input: { ...wanted, idempotencyKey: keyFor(wanted) } })
    if (!done) return
    clear()
    setSecret(done.registerWebhook.secret ?? '')
  }
  if (secret !== null) return <Secret secret={secret} onClose={onClose} />
  const toggle = (type: string, on: boolean): void =>
    set({ events: on ? [...values.events, type] : values.events.filter((event) => event !== type) })
  return (
    <Dialog title="Add a webhook" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <TextField
          label="Address"
          type="url"
          required
          hint="Reachable from the internet, by HTTPS."
          value={values.url}
          problem={problem?.field === 'url' ? (problem.detail ?? problem.says) : null}
          onChange={(event) => set({ url: event.target.value })}
        />
        <fieldset className="field">
          <legend>Told of payments that become</legend>
          <p className="hint">Everything, if none is chosen.</p>
          <div className="choices">
            {EVENTS.map(({ type, text }) => (
              <label key={type}>
                <input
                  type="checkbox"
                  checked={values.events.includes(type)}
                  onChange={(event) => toggle(type, event.target.checked)}
                />
                {text}
              </label>
            ))}
          </div>
        </fieldset>
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" busy={busy}>
            Add webhook
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  const isKnown = secret === ''
  return (
    <Dialog title={isKnown ? 'The webhook is there' : 'Keep this secret'} onClose={onClose}>
      <div className="body">
        {isKnown ? (
          <p>It was added before; its secret was shown then.</p>
        ) : (
          <>
            <p>Messages are signed with it (Standard Webhooks). It is shown this once.</p>
            <p className="mono notice">{secret}</p>
          </>
        )}
        <div className="actions">
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
