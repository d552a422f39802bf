import type { ComponentProps, MouseEvent } from 'react'

interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly kind?: 'primary' | 'danger' | 'plain'
  readonly wide?: boolean
  /** It was pressed and works on it: further presses do nothing. */
  readonly busy?: boolean
}

/** A button that stays where it is while it works, so that focus and finger keep their place. */
export function Button({ kind, wide = false, busy = false, onClick, type = 'button', ...rest }: ButtonProps) {
  const classes = ['button', kind, wide && 'wide'].filter(Boolean).join(' ')
  const press = (event: MouseEvent<HTMLButtonElement>): void => {
    if (busy) event.preventDefault()
    else onClick?.(event)
  }
  return <button {...rest} type={type} className={classes} aria-disabled={busy || undefined} onClick={press} />
}
