/**
 * Moments in the reader's zone: relative while they are recent, then the date; date and time as their title.
 *
 * The words are in the page's language, since they stand in its sentences; how a date is written is the reader's own
 * when that is the same language (29 March for one who reads British English, March 29 for an American).
 */
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const RECENT = 14

export function startMoments(): void {
  const moments = document.querySelectorAll<HTMLTimeElement>('time[data-moment]')
  if (!moments.length) return
  const locale = ours()
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long' })
  const exact = new Intl.DateTimeFormat(locale, {
    weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: 'numeric', minute: '2-digit', timeZoneName: 'short',
  })
  const now = new Date()
  for (const element of moments) {
    const when = new Date(element.dateTime)
    element.title = exact.format(when)
    element.textContent = said(when, now, words, day)
  }
}

/** The reader's variety of the page's language, or the page's language. */
function ours(): string {
  const language = document.documentElement.lang
  return navigator.languages.find((one) => one.split('-')[0] === language.split('-')[0]) ?? language
}

function said(when: Date, now: Date, words: Intl.RelativeTimeFormat, day: Intl.DateTimeFormat): string {
  const passed = Math.max(0, now.getTime() - when.getTime())
  if (passed < HOUR) return words.format(-Math.floor(passed / MINUTE), 'minute')
  const days = Math.round((midnight(now) - midnight(when)) / DAY) // rounded: a day may have 23 or 25 hours
  if (days === 0) return words.format(-Math.floor(passed / HOUR), 'hour')
  return days < RECENT ? words.format(-days, 'day') : day.format(when)
}

function midnight(when: Date): number {
  return new Date(when.getFullYear(), when.getMonth(), when.getDate()).getTime()
}
