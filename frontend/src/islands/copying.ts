/** Buttons that copy: each block of code, and the page's Markdown as it was written. And the one that prints. */
import { copyOf, say } from './dom'

export function startCopying(): void {
  for (const code of document.querySelectorAll<HTMLPreElement>('article.text :is(pre.code, pre.source)')) {
    const button = copyOf('CopyButton', HTMLButtonElement)
    if (!button) break
    const frame = document.createElement('div')
    frame.className = 'copyable'
    code.replaceWith(frame)
    frame.append(code, button)
    button.addEventListener('click', () => copy(button, () => code.textContent ?? ''))
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy-from]')) {
    button.hidden = false
    button.addEventListener('click', () => copy(button, () => fetchText(button.dataset['copyFrom'] ?? '')))
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-print]')) {
    button.hidden = false
    button.addEventListener('click', () => print())
  }
}

async function fetchText(address: string): Promise<string> {
  const answer = await fetch(address, { headers: { Accept: 'text/plain' } })
  if (!answer.ok) throw new Error(String(answer.status))
  return answer.text()
}

async function copy(button: HTMLButtonElement, what: () => string | Promise<string>): Promise<void> {
  const { copied = '', failed = '' } = button.dataset
  const label = button.textContent
  try {
    await toClipboard(what())
    button.textContent = copied
  } catch {
    button.textContent = failed
  }
  say(button.textContent ?? '')
  setTimeout(() => (button.textContent = label), 2000)
}

async function toClipboard(text: string | Promise<string>): Promise<void> {
  if (!navigator.clipboard) return copySelection(await text) // only https and localhost have it
  if (typeof text === 'string') return navigator.clipboard.writeText(text)
  // A promise in the item: the click still counts when the text arrives late.
  const item = new ClipboardItem({ 'text/plain': text.then((said) => new Blob([said], { type: 'text/plain' })) })
  return navigator.clipboard.write([item])
}

function copySelection(text: string): void {
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  if (!done) throw new Error('refused')
}
