import { useEffect, useState } from 'react'

type Theme = 'system' | 'light' | 'dark'

const KEPT = 'corridor.theme'
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }
const WORDS: Readonly<Record<Theme, string>> = { system: 'Automatic', light: 'Light', dark: 'Dark' }
/** A disc that is half, not, or wholly filled. */
const DISCS: Readonly<Record<Theme, string>> = {
  system: 'M12 4a8 8 0 0 1 0 16z',
  light: '',
  dark: 'M12 4a8 8 0 0 1 0 16a8 8 0 0 1 0-16z',
}

const keptTheme = (): Theme => {
  const kept = localStorage.getItem(KEPT)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

/** Applies the theme that was chosen here before; without a choice the system's holds. */
export function applyTheme(theme: Theme = keptTheme()): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState(keptTheme)
  useEffect(() => {
    applyTheme(theme)
    localStorage.setItem(KEPT, theme)
  }, [theme])
  return (
    <button
      type="button"
      className="button plain"
      title={`Colours: ${WORDS[theme].toLowerCase()}`}
      onClick={() => setTheme(NEXT[theme])}
    >
      <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="8" />
        <path d={DISCS[theme]} />
      </svg>
      <span className="visually-hidden">Colours: {WORDS[theme].toLowerCase()}</span>
    </button>
  )
}
