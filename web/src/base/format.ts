/** @file Figures and times for people: short, with a unit, of even width. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

/** 12,345 */
export function count(value: number): string {
  return whole.format(value)
}

/** Three significant digits: 0.0123, 4.57, 1,230. */
export function figure(value: number): string {
  return Number.isFinite(value) ? three.format(value) : '—'
}

/** 0.12 with so many digits, and a true minus sign. */
export function fixed(value: number, digits = 2): string {
  return Number.isFinite(value) ? value.toFixed(digits).replace('-', '−') : '—'
}

/** +0.12 or −0.12. */
export function signed(value: number, digits = 2): string {
  return `${value > 0 ? '+' : ''}${fixed(value, digits)}`
}

/** 12 %, or 0.4 % below one. @param share in [0, 1]. */
export function percent(share: number): string {
  const value = share * 100
  return `${value !== 0 && Math.abs(value) < 1 ? fixed(value, 1) : fixed(value, 0)} %`
}

/** 3.2 ms, 140 ms, 2.1 s, 3 min 5 s. */
export function duration(ms: number): string {
  if (ms < 10) return `${fixed(ms, 1)} ms`
  if (ms < 1000) return `${fixed(ms, 0)} ms`
  if (ms < 60_000) return `${fixed(ms / 1000, 1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
}

/** 3.4 MB */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3))
  return `${three.format(value / 1000 ** step)} ${units[step]}`
}

/** "Nov 28, 2026, 10:04 AM", in the time of the reader. */
export function moment(time: string): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? time : day.format(date)
}

/** "just now", "5 min ago", else the day. */
export function ago(time: string, now = Date.now()): string {
  const seconds = (now - new Date(time).getTime()) / 1000
  if (seconds < 45) return 'just now'
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`
  return moment(time)
}

/** "1 user", "2 users". */
export function counted(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? '' : 's'}`
}

/** "embeddingCosine" as "embedding cosine". */
export function words(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, (_, before, letter) => `${before} ${letter.toLowerCase()}`)
    .replaceAll('-', ' ')
}
