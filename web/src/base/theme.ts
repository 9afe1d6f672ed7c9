/** @file Dark or light: as the system has it, or as it was set by hand in this browser. */

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const THEME_NAME = 'adaptrec-theme'

/** What is set, `system` where nothing is. */
export function currentTheme(): Theme {
  const kept = localStorage.getItem(THEME_NAME)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

/** Sets it for this page and the next. */
export function setTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(THEME_NAME)
  else localStorage.setItem(THEME_NAME, theme)
  showTheme()
}

/** Puts it on the document, and tells those who draw. */
export function showTheme(): void {
  const theme = currentTheme()
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  dispatchEvent(new Event('themechange'))
}
