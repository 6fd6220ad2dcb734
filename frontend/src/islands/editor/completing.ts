/** What is proposed while one writes: blocks behind a slash, pages behind `[[` and `](`, topics at the start of an item. */
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete'
import type { EditorView } from '@codemirror/view'
import { byId } from '../dom'
import { tool } from './commands'

interface Names {
  pages: { path: string; title: string }[]
  topics: string[]
}

export function completions(form: HTMLFormElement): CompletionSource[] {
  const { names: address = '', path = '' } = form.dataset

  /** The names the hub has for what was typed; none where it does not answer. */
  async function names(context: CompletionContext, typed: string): Promise<Names> {
    const given = new AbortController()
    context.addEventListener('abort', () => given.abort(), { onDocChange: true })
    try {
      const answer = await fetch(`${address}?q=${encodeURIComponent(typed)}`, { signal: given.signal })
      if (answer.ok) return (await answer.json()) as Names
    } catch {
      // The text goes on without.
    }
    return { pages: [], topics: [] }
  }

  async function pages(context: CompletionContext): Promise<CompletionResult | null> {
    const wiki = context.matchBefore(/\[\[[^[\]\n]*$/)
    const plain = wiki ? null : context.matchBefore(/\]\([^()\s]*$/)
    const found = wiki ?? plain
    if (!found) return null
    const { pages } = await names(context, found.text.slice(2))
    const options = pages.map((page) => ({
      label: page.title || page.path,
      detail: page.path,
      apply: closed(wiki ? page.path : encodeURI(relative(path, page.path)).replace(/[()]/g, encodeURIComponent), wiki ? ']]' : ')'),
    }))
    return { from: found.from + 2, options, filter: false }
  }

  async function topics(context: CompletionContext): Promise<CompletionResult | null> {
    const found = context.matchBefore(/^\s*(?:[-*+]|\d+[.)])\s+(?:\*\*)?\p{L}[\p{L}\d .+#-]{1,40}$/u)
    const name = found && /\p{L}[\p{L}\d .+#-]*$/u.exec(found.text)
    if (!found || !name) return null
    const known = (await names(context, name[0])).topics
    return { from: found.from + name.index, options: known.map((label) => ({ label })), filter: false }
  }

  return [blocks, pages, topics]
}

/** Puts an address in, and the bracket that closes it unless that is there. */
const closed =
  (text: string, end: string) =>
  (view: EditorView, _: Completion, from: number, to: number): void => {
    const is = view.state.sliceDoc(to, to + end.length) === end
    const insert = is ? text : text + end
    view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + text.length + end.length } })
  }

function blocks(context: CompletionContext): CompletionResult | null {
  const found = context.matchBefore(/^\s*\/[\p{L}]*$/u)
  const list = byId('EditorBlocks', HTMLTemplateElement)
  if (!found || !list) return null
  const from = found.from + found.text.indexOf('/')
  const options = [...list.content.querySelectorAll('option')].map((option) => ({
    label: `/${option.textContent}`,
    displayLabel: option.textContent ?? '',
    apply: (view: EditorView, _: Completion, start: number, to: number): void => {
      view.dispatch({ changes: { from: start, to } })
      if (option.value === 'image') document.querySelector<HTMLElement>('#Tools [data-tool=image]')?.click()
      else tool(option.value)?.(view)
    },
  }))
  return { from, options, validFor: /^\/[\p{L}]*$/u }
}

/** The path of a page as it is named from the folder of another. */
export function relative(from: string, to: string): string {
  const here = from.split('/').slice(0, -1)
  const there = to.split('/')
  let same = 0
  while (same < here.length && same < there.length - 1 && here[same] === there[same]) same += 1
  return [...here.slice(same).map(() => '..'), ...there.slice(same)].join('/')
}
