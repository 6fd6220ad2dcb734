/** The outline follows the reading position: the link of the section that is read is `aria-current="location"`. */
import { scrolling } from './dom'

/** The part of the window above which a heading counts as reached. */
const REACHED = 0.25

export function startOutline(): void {
  const nav = document.querySelector<HTMLElement>('nav.outline')
  if (!nav) return
  const links = new Map<Element, HTMLAnchorElement>()
  for (const link of nav.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')) {
    const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)))
    if (heading) links.set(heading, link)
  }
  const headings = [...links.keys()]
  let current: HTMLAnchorElement | undefined

  function follow(): void {
    const root = document.documentElement
    const isAtEnd = scrollY > 0 && innerHeight + scrollY >= root.scrollHeight - 2
    const line = isAtEnd ? innerHeight : innerHeight * REACHED
    const reached = (heading: Element) => scrollY > 0 && heading.getBoundingClientRect().top <= line
    const read = headings.findLast(reached) ?? headings[0]
    const link = read && links.get(read)
    if (link === current) return
    current?.removeAttribute('aria-current')
    link?.setAttribute('aria-current', 'location')
    current = link
    if (link) show(nav!, link)
  }

  const observer = new IntersectionObserver(follow, { rootMargin: `0px 0px -${100 - REACHED * 100}% 0px` })
  headings.forEach((heading) => observer.observe(heading))
  addEventListener('scrollend', follow)
  addEventListener('resize', follow)
}

/** Scrolls the outline, never the page, so that the link is in sight. */
function show(nav: HTMLElement, link: HTMLElement): void {
  if (nav.scrollHeight <= nav.clientHeight) return
  const { top, bottom } = nav.getBoundingClientRect()
  const at = link.getBoundingClientRect()
  if (at.top >= top && at.bottom <= bottom) return
  nav.scrollBy({ top: at.top - top - nav.clientHeight / 2, behavior: scrolling() })
}
