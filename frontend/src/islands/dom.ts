/** What islands share: elements that the server wrote for them (templates/web/_islands.html), and one polite voice. */

/** The element with an id if it is there and of the kind asked for. */
export function byId<T extends Element>(id: string, kind: new () => T): T | null {
  const found = document.getElementById(id)
  return found instanceof kind ? found : null
}

/** A copy of the one element in a template; null when the page has no such template. */
export function copyOf<T extends Element>(template: string, kind: new () => T): T | null {
  const first = byId(template, HTMLTemplateElement)?.content.firstElementChild?.cloneNode(true)
  return first instanceof kind ? first : null
}

/** Says something to those who cannot see it happen. The same words twice are said twice. */
export function say(words: string): void {
  const voice = document.getElementById('Said')
  if (!voice) return
  voice.textContent = ''
  requestAnimationFrame(() => (voice.textContent = words))
}

/** How to scroll for this reader. */
export function scrolling(): ScrollBehavior {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth'
}

/** Scrolls a box, never the page, so that what is in it is in sight. */
export function showIn(box: Element, inside: Element, behavior: ScrollBehavior): void {
  if (box.scrollHeight <= box.clientHeight) return
  const { top, bottom } = box.getBoundingClientRect()
  const at = inside.getBoundingClientRect()
  if (at.top >= top && at.bottom <= bottom) return
  box.scrollBy({ top: at.top - top - box.clientHeight / 2, behavior })
}
