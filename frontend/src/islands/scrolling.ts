/** What is wider than the page scrolls by itself; while it does, the keyboard can reach it (WCAG 2.2, 2.1.1). */
export function startScrolling(): void {
  document.querySelectorAll('article.text :is(pre, table, div.math)').forEach(reachable)
}

/** Lets the keyboard reach an element for as long as it scrolls. */
export function reachable(element: Element): void {
  watch.observe(element)
}

const watch = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute('tabindex', '0')
    else target.removeAttribute('tabindex')
  }
})
