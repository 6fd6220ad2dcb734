/**
 * Keys: Ctrl-K or Cmd-K and `/` search, `?` lists the keys.
 *
 * Keys without a modifier can be switched off (WCAG 2.2, 2.1.4) in the list; the browser remembers it.
 */
import { byId } from './dom'

const SETTING = 'nexus-single-keys'

/** `search` opens the search; it is null where there is none. */
export function startShortcuts({ search }: { search: (() => void) | null }): void {
  const help = byId('Keys', HTMLDialogElement)
  const single = byId('SingleKeys', HTMLInputElement)
  if (single) {
    single.checked = remembered() !== 'off'
    single.addEventListener('change', () => remember(single.checked ? 'on' : 'off'))
  }
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return
    const chord = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey
    if (chord && event.key.toLowerCase() === 'k') return act(event, search)
    const alone = !event.ctrlKey && !event.metaKey && !event.altKey
    if (!alone || isTyping(event.composedPath()[0]) || document.querySelector('dialog[open]') || single?.checked === false) return
    if (event.key === '/') act(event, search)
    if (event.key === 'e') act(event, edits())
    if (event.key === '?') act(event, help && (() => help.showModal()))
  })
}

/** Follows the link that edits what is shown, where there is one. */
function edits(): (() => void) | null {
  const link = document.querySelector<HTMLAnchorElement>('a[data-key=e]')
  return link && (() => link.click())
}

function act(event: KeyboardEvent, does: (() => void) | null): void {
  if (!does) return
  event.preventDefault()
  does()
}

function isTyping(target: EventTarget | undefined): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
}

// A browser may forbid storage; the keys work all the same.
function remembered(): string | null {
  try {
    return localStorage.getItem(SETTING)
  } catch {
    return null
  }
}

function remember(value: string): void {
  try {
    localStorage.setItem(SETTING, value)
  } catch {
    // It holds until the page is left.
  }
}
