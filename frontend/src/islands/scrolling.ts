/** What is wider than the page scrolls by itself; while it does, the keyboard can reach it (WCAG 2.2, 2.1.1). */
export function startScrolling(): void {
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute('tabindex', '0')
      else target.removeAttribute('tabindex')
    }
  })
  for (const wide of document.querySelectorAll('article.text :is(pre, table, div.math)')) watch.observe(wide)
}
