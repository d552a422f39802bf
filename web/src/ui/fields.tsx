import { type ComponentProps, type ReactNode, useId } from 'react'

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  /** What is wrong with what was typed; read out as it appears. */
  readonly problem?: string | null | undefined
}

interface FrameProps extends FieldProps {
  readonly children: (control: {
    id: string
    className: string
    'aria-describedby': string | undefined
    'aria-invalid': boolean
  }) => ReactNode
}

/** Label, control, hint and problem, tied together for screen readers. */
export function Field({ label, hint, problem, children }: FrameProps) {
  const id = useId()
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ')
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: 'input',
        'aria-describedby': described || undefined,
        'aria-invalid': Boolean(problem),
      })}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem && (
        <p className="problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}

export function TextField({ label, hint, problem, ...input }: FieldProps & ComponentProps<'input'>) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(control) => <input {...input} {...control} />}
    </Field>
  )
}

export function TextArea({ label, hint, problem, ...input }: FieldProps & ComponentProps<'textarea'>) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(control) => <textarea {...input} {...control} />}
    </Field>
  )
}

export function SelectField({ label, hint, problem, ...select }: FieldProps & ComponentProps<'select'>) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(control) => <select {...select} {...control} />}
    </Field>
  )
}

/** An amount, typed in the way of the reader's locale, with its currency beside it. */
export function AmountField({
  label,
  hint,
  problem,
  currency,
  ...input
}: FieldProps & { currency: string } & ComponentProps<'input'>) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(control) => (
        <span className="amount">
          <input inputMode="decimal" autoComplete="off" {...input} {...control} />
          <span className="unit">{currency}</span>
        </span>
      )}
    </Field>
  )
}
