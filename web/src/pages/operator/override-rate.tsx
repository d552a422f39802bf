import { type FormEvent, useState } from 'react'
import { graphql } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/fields.tsx'
import { inTwo } from '../../ui/format.ts'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'

const OVERRIDE = graphql(`
  mutation OverrideRate($input: OverrideRateInput!) {
    overrideRate(input: $input) { pair mid manual stale source observedAt }
  }
`)

const DECIMAL = /^\d{1,12}(\.\d{1,12})?$/

/** A rate set by hand: it holds until it is cleared or lapses, and says so wherever it is used. */
export function OverrideRate({
  rate: { pair, mid: market },
  onClose,
  onSet,
}: {
  rate: { readonly pair: string; readonly mid: string }
  onClose: () => void
  onSet: () => void
}) {
  const { run, busy, problem } = useAction(OVERRIDE)
  const [values, setValues] = useState({ mid: market, note: '', until: '' })
  const [wrong, setWrong] = useState<{ readonly mid?: string; readonly note?: string }>({})
  const say = useSay()
  const bind = (name: keyof typeof values) => ({
    value: values[name],
    onChange: (event: { target: { value: string } }) => setValues({ ...values, [name]: event.target.value }),
  })
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const mid = values.mid.trim()
    const found = {
      ...(DECIMAL.test(mid) ? {} : { mid: 'Enter the price in digits, with a point: 83.1250.' }),
      ...(values.note.trim() === '' ? { note: 'Say why the rate is set by hand.' } : {}),
    }
    setWrong(found)
    if (Object.keys(found).length > 0) return
    const expiresAt = values.until === '' ? null : new Date(values.until).toISOString()
    if (!(await run({ input: { pair, mid, note: values.note.trim(), expiresAt } }))) return
    say(`${inTwo(pair)} is set by hand.`)
    onClose()
    onSet()
  }
  return (
    <Dialog title={`Set ${inTwo(pair)} by hand`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <TextField
          label={`Price of one ${pair.slice(0, 3)} in ${pair.slice(3)}`}
          inputMode="decimal"
          autoComplete="off"
          problem={wrong.mid}
          {...bind('mid')}
        />
        <TextField label="Why" maxLength={200} problem={wrong.note} {...bind('note')} />
        <TextField
          label="Until (optional)"
          type="datetime-local"
          hint="Empty: until it is cleared"
          {...bind('until')}
        />
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Leave it
          </Button>
          <Button kind="primary" type="submit" busy={busy}>
            Set the rate
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
