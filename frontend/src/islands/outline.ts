/** The outline follows the reading position: the link of the section that is read is `aria-current="location"`. */
import { scrolling, showIn } from './dom'

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
    if (link) showIn(nav!, link, scrolling())
  }

  const observer = new IntersectionObserver(follow, { rootMargin: `0px 0px -${100 - REACHED * 100}% 0px` })
  headings.forEach((heading) => observer.observe(heading))
  addEventListener('scrollend', follow)
  addEventListener('resize', follow)
}
