import { useEffect, useState } from 'react'

type Theme = 'system' | 'light' | 'dark'

const KEPT = 'corridor.theme'
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }
const WORDS: Readonly<Record<Theme, string>> = { system: 'Automatic', light: 'Light', dark: 'Dark' }

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
    <button type="button" className="button plain" onClick={() => setTheme(NEXT[theme])}>
      <span className="visually-hidden">Colours: </span>
      {WORDS[theme]}
    </button>
  )
}
