/** The text beside what is written, as a reader would see it: made by the server, so that it is the same. */
import { byId } from '../dom'
import { reachable } from '../scrolling'
import type { Editing } from './editor'

/** Milliseconds: how long writing rests before it is asked for, and how long an answer may take. */
const [PAUSE, PATIENCE] = [600, 10_000]
const TOO_LARGE = 413

interface Preview {
  changed: () => void
  toggle: (button: HTMLButtonElement) => void
}

export function startPreview({ form, view, words }: Editing): Preview | null {
  const pane = byId('Preview', HTMLElement)
  const address = form.dataset['preview']
  if (!pane || !address) return null
  let timer = 0
  let running: AbortController | undefined

  async function refresh(): Promise<void> {
    running?.abort()
    const mine = (running = new AbortController())
    const late = setTimeout(() => mine.abort(), PATIENCE)
    const sent = new FormData()
    sent.set('text', view.state.doc.toString())
    sent.set('csrfmiddlewaretoken', form.querySelector<HTMLInputElement>('[name=csrfmiddlewaretoken]')?.value ?? '')
    try {
      const answer = await fetch(address!, { method: 'POST', body: sent, signal: mine.signal })
      if (answer.ok) show(await answer.text())
      else said(words(answer.status === TOO_LARGE ? 'toolong' : 'nopreview'))
    } catch {
      if (running === mine) said(words('nopreview'))
    } finally {
      clearTimeout(late)
    }
  }

  /** What the server made of the text: sanitised there, as every text that is read. */
  function show(html: string): void {
    const text = document.createElement('article')
    text.className = 'text'
    text.dir = 'auto'
    text.innerHTML = html
    pane!.replaceChildren(text)
    text.querySelectorAll('pre, table, div.math').forEach(reachable)
    draw(text)
    follow(text)
  }

  /** Diagrams and formulas, as on the page; what draws them comes when there is one. */
  function draw(text: Element): void {
    if (text.querySelector('pre.mermaid, .math')) void import('../drawings').then(({ drawIn }) => drawIn(text))
  }

  function said(message: string): void {
    const line = document.createElement('p')
    line.className = 'quiet'
    line.textContent = message
    pane!.querySelector(':scope > p.quiet')?.remove()
    pane!.prepend(line)
  }

  /** Scrolls the pane to the block in which the cursor is. */
  function follow(text: Element): void {
    const at = new TextEncoder().encode(view.state.sliceDoc(0, view.state.selection.main.head)).length
    let last: Element | undefined
    for (const block of text.querySelectorAll<HTMLElement>('[data-span]')) {
      if (Number(block.dataset['span']!.split('-')[0]) > at) break
      last = block
    }
    const inside = last?.getBoundingClientRect()
    const around = pane!.getBoundingClientRect()
    if (inside && (inside.top < around.top || inside.top > around.bottom)) pane!.scrollTop += inside.top - around.top - 40
  }

  const ask = (): void => {
    clearTimeout(timer)
    if (!pane.hidden) timer = setTimeout(() => void refresh(), PAUSE)
  }
  draw(pane)
  return {
    changed: ask,
    toggle: (button) => {
      pane.hidden = !pane.hidden
      form.classList.toggle('with-preview', !pane.hidden)
      button.setAttribute('aria-pressed', String(!pane.hidden))
      if (!pane.hidden) void refresh()
    },
  }
}
