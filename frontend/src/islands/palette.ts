/**
 * Search from anywhere: a dialog whose box asks the search page for its list (htmx does the asking), and arrow keys to
 * walk it. A combobox with a listbox (ARIA Authoring Practices); the links in the list are its options.
 */
import { byId, say } from './dom'

/** Starts it; what opens it, or null where the page has none. */
export function startPalette(): (() => void) | null {
  const dialog = byId('Palette', HTMLDialogElement)
  const box = byId('PaletteBox', HTMLInputElement)
  const results = byId('PaletteResults', HTMLElement)
  if (!dialog || !box || !results) return null
  let active = -1

  const options = (): HTMLAnchorElement[] => [...results.querySelectorAll<HTMLAnchorElement>('[role=option]')]

  function choose(index: number): void {
    const all = options()
    active = all.length ? (index + all.length) % all.length : -1
    all.forEach((option, at) => option.setAttribute('aria-selected', String(at === active)))
    const chosen = all[active]
    if (chosen) {
      box!.setAttribute('aria-activedescendant', chosen.id)
      chosen.scrollIntoView({ block: 'nearest' })
    } else box!.removeAttribute('aria-activedescendant')
  }

  function listed(): void {
    const list = results!.querySelector('ul.results')
    list?.setAttribute('role', 'listbox')
    list?.setAttribute('id', 'PaletteList')
    list?.setAttribute('aria-label', dialog!.getAttribute('aria-label') ?? '')
    list?.querySelectorAll('li').forEach((item) => item.setAttribute('role', 'presentation'))
    list?.querySelectorAll('a').forEach((link, at) => {
      link.id = `PaletteOption-${at}`
      link.setAttribute('role', 'option')
      link.tabIndex = -1
    })
    const count = options().length
    box!.setAttribute('aria-expanded', String(count > 0))
    if (list) box!.setAttribute('aria-controls', 'PaletteList')
    else box!.removeAttribute('aria-controls')
    choose(count ? 0 : -1)
    say(count ? (dialog!.dataset['found'] ?? '').replace('%s', String(count)) : (results!.textContent ?? '').trim())
  }

  function clear(words = ''): void {
    results!.textContent = words
    listed()
  }

  // An answer for what is no longer in the box is no answer.
  results.addEventListener('htmx:beforeSwap', (event) => {
    if (!box.value.trim()) event.preventDefault()
  })
  results.addEventListener('htmx:afterSwap', listed)
  for (const trouble of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) {
    box.addEventListener(trouble, () => clear(dialog.dataset['trouble']))
  }
  box.addEventListener('input', () => {
    if (!box.value.trim()) clear()
  })
  box.addEventListener('keydown', (event) => {
    if (event.isComposing) return
    if (event.key === 'ArrowDown') choose(active + 1)
    else if (event.key === 'ArrowUp') choose(active - 1)
    else if (event.key === 'Escape') dialog.close() // a browser would empty the box first
    else if (event.key === 'Enter' && options()[active]) options()[active]!.click()
    else return
    event.preventDefault()
  })
  // A click beside the dialog lands on its backdrop, which counts as the dialog itself.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })

  return () => {
    if (!dialog.open) dialog.showModal()
    box.select()
  }
}
