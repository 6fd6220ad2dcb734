/**
 * "Found in this page": following a find marks its whole passage, and a button leads back to the find.
 *
 * Without this the link's `#anchor` and `:target` do the same, less the way back.
 */
import { copyOf } from './dom'

export function startPassages(): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('a[data-passage]')]
  const article = document.querySelector('article.text')
  if (!links.length || !article) return
  let followed: HTMLAnchorElement | undefined
  const back = copyOf('BackButton', HTMLButtonElement)

  function mark(link: HTMLAnchorElement): void {
    const landing = document.getElementById(decodeURIComponent(link.hash.slice(1)))
    if (!landing) return
    clear()
    followed = link
    for (const element of passage(article!, link.dataset['passage'] ?? '', landing)) element.classList.add('passage')
    landing.tabIndex = -1
    landing.focus({ preventScroll: true })
    if (back) document.body.append(back)
  }

  function clear(): void {
    article!.querySelectorAll('.passage').forEach((element) => element.classList.remove('passage'))
    back?.remove()
  }

  function goBack(): void {
    clear()
    const details = followed?.closest('details')
    if (details) details.open = true
    followed?.scrollIntoView({ block: 'center' })
    followed?.focus({ preventScroll: true })
  }

  const atHash = () => links.find((link) => location.hash && link.hash === location.hash)
  for (const link of links) {
    // Two finds may begin in one block: the one that was clicked is meant. After the browser went there.
    link.addEventListener('click', () => setTimeout(() => mark(link)))
  }
  addEventListener('hashchange', () => {
    const link = followed?.hash === location.hash ? followed : atHash()
    if (link) mark(link)
    else clear()
  })
  back?.addEventListener('click', goBack)
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && back?.isConnected && !document.querySelector('dialog[open]')) goBack()
  })
  const first = atHash()
  if (first) mark(first)
}

/** The outermost blocks within the byte span, or the one where it begins when it holds no whole block. */
function passage(article: Element, span: string, landing: Element): Element[] {
  const [start, end] = numbers(span)
  const within = [...article.querySelectorAll<HTMLElement>('[data-span]')].filter((element) => {
    const [first, last] = numbers(element.dataset['span'] ?? '')
    return first >= start && last <= end
  })
  const whole = new Set(within)
  const outermost = within.filter((element) => !hasAncestorIn(whole, element))
  return outermost.length ? outermost : [landing]
}

function hasAncestorIn(set: Set<Element>, element: Element): boolean {
  for (let above = element.parentElement; above; above = above.parentElement) if (set.has(above)) return true
  return false
}

function numbers(span: string): [number, number] {
  const [first, last] = span.split('-').map(Number)
  return [first ?? NaN, last ?? NaN]
}
