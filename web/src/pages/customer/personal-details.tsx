import { type FormEvent, useMemo } from 'react'
import { graphql } from '../../api/graphql.ts'
import { useForm } from '../../session/use-form.ts'
import { Button } from '../../ui/button.tsx'
import { countries } from '../../ui/countries.ts'
import { SelectField, TextField } from '../../ui/fields.tsx'
import { browserLocale } from '../../ui/format.ts'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import type { Me } from './profile.tsx'

const UPDATE_PROFILE = graphql(`
  mutation UpdateProfile($input: UpdateProfileInput!) {
    updateProfile(input: $input) { id email givenName familyName phone timeZone locale }
  }
`)

const TIME_ZONES = Intl.supportedValuesOf('timeZone')

const valuesOf = ({ email, givenName, familyName, phone, address, country, timeZone, locale }: Me) => ({
  email: email ?? '',
  givenName: givenName ?? '',
  familyName: familyName ?? '',
  phone: phone ?? '',
  street: address?.street ?? '',
  city: address?.city ?? '',
  region: address?.region ?? '',
  postalCode: address?.postalCode ?? '',
  country: address?.country ?? country ?? 'US',
  timeZone,
  locale,
})

type Values = ReturnType<typeof valuesOf>

export function PersonalDetails({ me, onChange }: { me: Me; onChange: () => void }) {
  const { values, set, clear } = useForm('profile', valuesOf(me))
  const { run, busy, problem } = useAction(UPDATE_PROFILE)
  const allCountries = useMemo(() => countries(browserLocale()), [])
  const say = useSay()
  const bind = (name: keyof Values) => ({
    value: values[name],
    problem: problem?.field === name ? (problem.detail ?? problem.says) : null,
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  })
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (!(await run({ input: changesOf(values, valuesOf(me)) }))) return
    clear()
    say('Your details are saved.')
    onChange()
  }
  return (
    <section className="card stack" aria-labelledby="details">
      <h2 id="details">Your details</h2>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <TextField label="Given name" autoComplete="given-name" {...bind('givenName')} />
        <TextField label="Family name" autoComplete="family-name" {...bind('familyName')} />
        <TextField label="E-mail" type="email" autoComplete="email" {...bind('email')} />
        <TextField
          label="Phone (optional)"
          type="tel"
          autoComplete="tel"
          hint="With the country: +1 555 0100"
          {...bind('phone')}
        />
        <TextField label="Street and number" autoComplete="street-address" {...bind('street')} />
        <TextField label="Postal code" autoComplete="postal-code" {...bind('postalCode')} />
        <TextField label="City" autoComplete="address-level2" {...bind('city')} />
        <TextField label="Region (optional)" autoComplete="address-level1" {...bind('region')} />
        <SelectField label="Country" autoComplete="country" {...bind('country')}>
          {allCountries.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </SelectField>
        <SelectField label="Time zone" {...bind('timeZone')}>
          {[...new Set([values.timeZone, ...TIME_ZONES])].map((zone) => (
            <option key={zone}>{zone}</option>
          ))}
        </SelectField>
        {problem && <ProblemNotice problem={problem} />}
        <div className="row">
          <Button kind="primary" type="submit" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </section>
  )
}

/** What was changed, as the API takes it; an address whole or not at all. */
function changesOf(values: Values, before: Values) {
  const { email, givenName, familyName, phone, timeZone } = values
  const { street, city, region, postalCode, country } = values
  const changed = (name: keyof Values): boolean => values[name].trim() !== before[name].trim()
  const isMoved = (['street', 'city', 'region', 'postalCode', 'country'] as const).some(changed)
  return {
    ...(changed('email') ? { email: email.trim() } : {}),
    ...(changed('givenName') ? { givenName: givenName.trim() } : {}),
    ...(changed('familyName') ? { familyName: familyName.trim() } : {}),
    ...(changed('phone') ? { phone: phone.replaceAll(/[\s()-]/g, '') || null } : {}),
    ...(changed('timeZone') ? { timeZone } : {}),
    ...(isMoved ? { address: { street, city, region: region.trim() || null, postalCode, country } } : {}),
  }
}
