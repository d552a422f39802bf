import type { FormEvent } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../api/graphql.ts'
import { useForm } from '../../session/use-form.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField, TextField } from '../../ui/fields.tsx'
import { browserLocale, currencyName } from '../../ui/format.ts'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { CURRENCIES } from './operations.ts'

const OPEN_WALLET = graphql(`
  mutation OpenWallet($input: OpenWalletInput!) {
    openWallet(input: $input) { id name currency status }
  }
`)

export function OpenWallet({ onClose }: { onClose: () => void }) {
  const [{ data }] = useQuery({ query: CURRENCIES })
  const { run, busy, problem } = useAction(OPEN_WALLET)
  const { values, set, keyFor, clear } = useForm('open-wallet', { currency: 'USD', name: '' })
  const say = useSay()

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const wanted = { currency: values.currency, name: values.name.trim() || null }
    const done = await run({ input: { ...wanted, idempotencyKey: keyFor(wanted) } })
    if (!done) return
    clear()
    say(`${done.openWallet.name} is open.`)
    onClose()
  }

  return (
    <Dialog title="Open a wallet" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <SelectField
          label="Currency"
          value={values.currency}
          onChange={(event) => set({ currency: event.target.value })}
        >
          {(data?.currencies ?? []).map(({ code }) => (
            <option key={code} value={code}>
              {code} · {currencyName(code, browserLocale())}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Name (optional)"
          hint="What you want to call it: Savings, Travel."
          value={values.name}
          maxLength={100}
          onChange={(event) => set({ name: event.target.value })}
        />
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" busy={busy}>
            Open wallet
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
