/** What buttons and keys do to a text: marks around words, marks before lines, blocks, and lists and tables that go on. */
import { insertNewline } from '@codemirror/commands'
import { syntaxTree } from '@codemirror/language'
import { type ChangeSpec, EditorSelection, type Line } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'

export type Tool = (view: EditorView) => boolean

/** Puts `mark` around what is selected, or takes it away. */
const around =
  (mark: string): Tool =>
  (view) => {
    const size = mark.length
    view.dispatch(
      view.state.changeByRange(({ from, to }) => {
        const { doc } = view.state
        const is = doc.sliceString(from - size, from) === mark && doc.sliceString(to, to + size) === mark
        if (is) {
          const changes = [{ from: from - size, to: from }, { from: to, to: to + size }]
          return { changes, range: EditorSelection.range(from - size, to - size) }
        }
        const changes = [{ from, insert: mark }, { from: to, insert: mark }]
        return { changes, range: EditorSelection.range(from + size, to + size) }
      }),
    )
    return true
  }

function selectedLines(view: EditorView): Line[] {
  const { doc, selection } = view.state
  const first = doc.lineAt(selection.main.from).number
  const last = doc.lineAt(selection.main.to).number
  return Array.from({ length: last - first + 1 }, (_, n) => doc.line(first + n))
}

/** Puts a mark before each selected line, in the place of one of these kinds; takes it away where all have it. */
const before =
  (mark: (n: number) => string, own: RegExp, others: RegExp): Tool =>
  (view) => {
    const lines = selectedLines(view)
    const off = lines.every((line) => own.test(line.text))
    const changes: ChangeSpec[] = lines.map((line, n) => {
      const old = others.exec(line.text)
      const from = line.from + (old ? old.index : 0)
      return { from, to: from + (old?.[0].length ?? 0), insert: off ? '' : mark(n) }
    })
    view.dispatch({ changes })
    return true
  }

const MARKS = /^(?:#{1,6} |> |[-*+] (?:\[[ xX]\] )?|\d+[.)] )/

const heading: Tool = (view) => {
  const changes = selectedLines(view).map((line) => {
    const marks = /^(#{1,6}) /.exec(line.text)
    const next = !marks ? '## ' : marks[1]!.length < 4 ? `${marks[1]}# ` : ''
    return { from: line.from, to: line.from + (marks?.[0].length ?? 0), insert: next }
  })
  view.dispatch({ changes })
  return true
}

const link: Tool = (view) => {
  view.dispatch(
    view.state.changeByRange(({ from, to }) => {
      const words = view.state.sliceDoc(from, to)
      const isAddress = /^https?:\/\/\S+$/.test(words)
      const insert = isAddress ? `[](${words})` : `[${words}]()`
      return { changes: { from, to, insert }, range: EditorSelection.cursor(isAddress ? from + 1 : from + words.length + 3) }
    }),
  )
  return true
}

/** Puts lines on lines of their own; `|` is where the cursor goes. */
const block =
  (text: string): Tool =>
  (view) => {
    const { from, to } = view.state.selection.main
    const line = view.state.doc.lineAt(from)
    const isEmpty = !line.text.trim()
    const start = isEmpty ? line.from : line.to
    const end = isEmpty ? Math.max(line.to, to) : line.to
    const put = (isEmpty ? '' : '\n\n') + text.replace('|', '')
    const cursor = start + (isEmpty ? 0 : 2) + text.indexOf('|')
    view.dispatch({ changes: { from: start, to: end, insert: put }, selection: EditorSelection.cursor(cursor) })
    return true
  }

const TABLE = '|  |  |\n| --- | --- |\n|  |  |'

/** Its bars are its own, so the cursor has no mark: it goes into the first cell. */
const table: Tool = (view) => {
  const line = view.state.doc.lineAt(view.state.selection.main.from)
  const lead = line.text.trim() ? '\n\n' : ''
  const selection = EditorSelection.cursor(line.to + lead.length + 2)
  view.dispatch({ changes: { from: line.to, insert: lead + TABLE }, selection })
  return true
}

interface Named {
  name: string
  key?: string
  run: Tool
}

export const TOOLS: Named[] = [
  { name: 'bold', key: 'Mod-b', run: around('**') },
  { name: 'italic', key: 'Mod-i', run: around('*') },
  { name: 'code', key: 'Mod-e', run: around('`') },
  { name: 'link', key: 'Mod-k', run: link },
  { name: 'heading', run: heading },
  { name: 'list', run: before(() => '- ', /^[-*+] (?!\[)/, MARKS) },
  { name: 'numbers', run: before((n) => `${n + 1}. `, /^\d+[.)] /, MARKS) },
  { name: 'tasks', run: before(() => '- [ ] ', /^[-*+] \[[ xX]\] /, MARKS) },
  { name: 'quote', run: before(() => '> ', /^> /, /^> /) },
  { name: 'fence', run: block('```\n|\n```') },
  { name: 'mermaid', run: block('```mermaid\nflowchart LR\n  |\n```') },
  { name: 'math', run: block('$$\n|\n$$') },
  { name: 'rule', run: block('---\n\n|') },
  { name: 'challenge', run: block('- **Problem:** |\n  - **Error:** \n  - **Cause:** \n  - **Solution:** ') },
  { name: 'table', run: table },
]

export function tool(name: string): Tool | undefined {
  return TOOLS.find((one) => one.name === name)?.run
}

const ITEM = /^(\s*(?:> ?)*)(?:([-*+])|(\d{1,9})([.)]))( +)(\[[ xX]\] +)?/

/** Enter goes on with a list, a quote or a table; on an empty item it ends it. */
export const enter: Tool = (view) => {
  const { state } = view
  const { main } = state.selection
  if (!main.empty || isCode(view, main.from)) return false
  const line = state.doc.lineAt(main.from)
  const item = ITEM.exec(line.text)
  const quote = /^\s*(?:> ?)+/.exec(line.text)
  const found = item ?? quote
  if (found && main.from >= line.from + found[0].length) {
    if (!line.text.slice(found[0].length).trim()) {
      // Without an empty line between them, what follows would still belong to the last item.
      const isApart = line.number === 1 || !state.doc.line(line.number - 1).text.trim()
      const insert = isApart ? '' : '\n'
      view.dispatch({ changes: { from: line.from, to: line.to, insert }, selection: { anchor: line.from + insert.length } })
      return true
    }
    const mark = item ? `${item[1]}${item[2] ?? `${Number(item[3]) + 1}${item[4]}`}${item[5]}${item[6] ? '[ ] ' : ''}` : found[0]
    view.dispatch(state.replaceSelection(`\n${mark}`), { scrollIntoView: true })
    return true
  }
  const cells = columns(line.text)
  if (cells && main.from === line.to) {
    const row = `\n|${'  |'.repeat(cells)}`
    view.dispatch({ changes: { from: line.to, insert: row }, selection: EditorSelection.cursor(line.to + 3) })
    return true
  }
  return insertNewline(view)
}

/** Tab goes to the next cell of a table, and is left to the browser everywhere else: nobody is trapped. */
export const nextCell: Tool = (view) => {
  const { doc, selection } = view.state
  const line = doc.lineAt(selection.main.head)
  if (!columns(line.text) || !selection.main.empty) return false
  const bar = line.text.indexOf('|', selection.main.head - line.from)
  const isLast = bar < 0 || !line.text.slice(bar + 1).trim()
  if (!isLast) {
    view.dispatch({ selection: EditorSelection.cursor(line.from + bar + Math.min(2, line.text.length - bar)) })
    return true
  }
  if (line.number === doc.lines) return false
  const following = doc.line(line.number + 1)
  if (!columns(following.text)) return false
  const isRule = /^\|?[\s:|-]+$/.test(following.text) && following.number < doc.lines
  const target = isRule ? doc.line(following.number + 1) : following
  view.dispatch({ selection: EditorSelection.cursor(Math.min(target.from + 2, target.to)) })
  return true
}

/** How many cells a row of a table has; 0 for what is none. */
function columns(text: string): number {
  const row = text.trim()
  return row.length > 1 && row.startsWith('|') && row.endsWith('|') ? row.split('|').length - 2 : 0
}

function isCode(view: EditorView, at: number): boolean {
  for (let node = syntaxTree(view.state).resolveInner(at, -1); node.parent; node = node.parent) {
    if (node.name === 'FencedCode' || node.name === 'CodeBlock') return true
  }
  return false
}
