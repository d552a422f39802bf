import { type FormEvent, useMemo, useState } from 'react'
import { useQuery } from 'urql'
import { graphql, type VariablesOf } from '../../api/graphql.ts'
import { useForm } from '../../session/use-form.ts'
import { Button } from '../../ui/button.tsx'
import { countries } from '../../ui/countries.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField, TextField } from '../../ui/fields.tsx'
import { browserLocale, currencyName } from '../../ui/format.ts'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { CURRENCIES } from './operations.ts'

const ADD_BENEFICIARY = graphql(`
  mutation AddBeneficiary($input: AddBeneficiaryInput!) {
    addBeneficiary(input: $input) { id name }
  }
`)

type Delivery = VariablesOf<typeof ADD_BENEFICIARY>['input']['delivery']

interface Draft {
  readonly name: string
  readonly country: string
  readonly currency: string
  readonly delivery: Delivery
  readonly walletId: string
  readonly accountNumber: string
  readonly bankName: string
}

const EMPTY: Draft = {
  name: '',
  country: 'US',
  currency: 'USD',
  delivery: 'BANK',
  walletId: '',
  accountNumber: '',
  bankName: '',
}
const WAYS: readonly (readonly [Delivery, string])[] = [
  ['BANK', 'To a bank account'],
  ['WALLET', 'To a wallet here'],
  ['CASH_PICKUP', 'Cash, to be picked up'],
]

export function AddRecipient({ onClose }: { onClose: () => void }) {
  const [{ data }] = useQuery({ query: CURRENCIES })
  const { values, set, keyFor, clear } = useForm<Draft>('add-recipient', EMPTY)
  const { run, busy, problem } = useAction(ADD_BENEFICIARY)
  const [missing, setMissing] = useState<Partial<Record<keyof Draft, string>>>({})
  const allCountries = useMemo(() => countries(browserLocale()), [])
  const say = useSay()
  const text = (name: 'name' | 'walletId' | 'accountNumber' | 'bankName') => ({
    value: values[name],
    problem: missing[name] ?? (problem?.field === name ? (problem.detail ?? problem.says) : null),
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  })

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const found = missingOf(values)
    setMissing(found)
    if (Object.keys(found).length > 0) return
    const wanted = inputOf(values)
    const done = await run({ input: { ...wanted, idempotencyKey: keyFor(wanted) } })
    if (!done) return
    clear()
    say(`${done.addBeneficiary.name} is among your recipients.`)
    onClose()
  }

  return (
    <Dialog title="Add a recipient" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <TextField label="Name" autoComplete="off" maxLength={140} {...text('name')} />
        <SelectField
          label="How it arrives"
          value={values.delivery}
          onChange={(event) => set(wayOf(event.target.value))}
        >
          {WAYS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        {values.delivery === 'WALLET' && (
          <TextField
            label="Number of the wallet"
            hint="The recipient finds it with the wallet."
            spellCheck={false}
            {...text('walletId')}
          />
        )}
        {values.delivery === 'BANK' && (
          <>
            <TextField
              label="Account number or IBAN"
              autoComplete="off"
              spellCheck={false}
              {...text('accountNumber')}
            />
            <TextField label="Bank" autoComplete="off" {...text('bankName')} />
          </>
        )}
        <SelectField label="Country" value={values.country} onChange={(event) => set({ country: event.target.value })}>
          {allCountries.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </SelectField>
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
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" busy={busy}>
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

const wayOf = (value: string): Partial<Draft> => {
  const [delivery] = WAYS.find(([way]) => way === value) ?? []
  return delivery === undefined ? {} : { delivery }
}

function missingOf({ name, delivery, walletId, accountNumber, bankName }: Draft): Partial<Record<keyof Draft, string>> {
  return {
    ...(name.trim() === '' ? { name: 'Enter the name.' } : {}),
    ...(delivery === 'WALLET' && walletId.trim() === '' ? { walletId: 'Enter the number of the wallet.' } : {}),
    ...(delivery === 'BANK' && accountNumber.trim() === '' ? { accountNumber: 'Enter the account number.' } : {}),
    ...(delivery === 'BANK' && bankName.trim() === '' ? { bankName: 'Enter the name of the bank.' } : {}),
  }
}

function inputOf({ name, country, currency, delivery, walletId, accountNumber, bankName }: Draft) {
  const common = { name: name.trim(), country, currency, delivery }
  if (delivery === 'WALLET') return { ...common, walletId: walletId.trim() }
  if (delivery === 'CASH_PICKUP') return common
  return { ...common, accountNumber: accountNumber.trim(), bankName: bankName.trim() }
}
