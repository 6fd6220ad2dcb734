/**
 * Puts CodeMirror in the place of the text area, and everything around it: tools, draft, preview, uploads.
 *
 * It lives in a shadow root, since its style is then adopted, not written into the page: the policy forbids the latter.
 * What is sent is the same field of the same form.
 */
import { autocompletion, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, keymap } from '@codemirror/view'
import { byId } from '../dom'
import { completions } from './completing'
import { enter, nextCell, TOOLS, tool } from './commands'
import { keepDraft } from './drafts'
import { markdown, theme } from './language'
import { startPreview } from './preview'
import { chooseFiles, files } from './uploads'

/** What the parts share. */
export interface Editing {
  form: HTMLFormElement
  view: EditorView
  /** A word of the server's, by its name. */
  words: (name: string) => string
}

export function startEditor(): void {
  const form = byId('Editor', HTMLFormElement)
  const area = form?.querySelector<HTMLTextAreaElement>('textarea[name=text]')
  const said = byId('EditorWords', HTMLTemplateElement)
  if (!form || !area || !said) return
  const words = (name: string): string => said.dataset[name] ?? ''
  const host = document.createElement('div')
  host.className = 'code-editor'
  area.before(host)
  const root = host.attachShadow({ mode: 'open' })
  const shared = { form, words } as Editing
  const changed: (() => void)[] = []
  const save = (): boolean => {
    form.requestSubmit(form.querySelector<HTMLButtonElement>('button[name=save]'))
    return true
  }
  const keys = TOOLS.flatMap(({ key, run }) => (key ? [{ key, run, preventDefault: true }] : []))
  const state = EditorState.create({
    doc: area.value,
    extensions: [
      history(),
      drawSelection(),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': words('label'), spellcheck: 'true', dir: 'auto', tabindex: '0' }),
      EditorView.perLineTextDirection.of(true),
      markdown(),
      theme,
      autocompletion({ override: completions(form), icons: false }),
      keymap.of([
        { key: 'Mod-s', run: save, preventDefault: true },
        ...keys,
        ...completionKeymap,
        { key: 'Enter', run: enter },
        { key: 'Tab', run: nextCell },
        ...historyKeymap,
        ...defaultKeymap,
      ]),
      files(shared),
      EditorView.updateListener.of((update) => update.docChanged && changed.forEach((tell) => tell())),
    ],
  })
  const view = new EditorView({ state, root, parent: root })
  shared.view = view
  area.hidden = true
  form.querySelector('button[name=preview]')?.setAttribute('hidden', '')
  form.addEventListener('formdata', ({ formData }) => formData.set('text', view.state.doc.toString()))
  form.addEventListener('submit', () => (form.dataset['leaving'] = 'yes'))
  addEventListener('pageshow', () => delete form.dataset['leaving'])
  const preview = startPreview(shared)
  if (preview) changed.push(preview.changed)
  changed.push(keepDraft(shared))
  tools(shared, preview?.toggle)
  if (form.dataset['base'] || area.autofocus) view.focus()
  goToLine(view)
  addEventListener('hashchange', () => goToLine(view))
}

/** Selects the line that the address names (`#L12`). */
function goToLine(view: EditorView): void {
  const number = Number(/^#L(\d{1,7})$/.exec(location.hash)?.[1])
  if (!number || number > view.state.doc.lines) return
  const { from, to } = view.state.doc.line(number)
  view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
  view.focus()
}

/** The buttons above the text, as the server wrote them. One stop of the Tab key; arrows walk them (ARIA toolbar). */
function tools(editing: Editing, preview: ((button: HTMLButtonElement) => void) | undefined): void {
  const place = byId('Tools', HTMLElement)
  const buttons = byId('EditorTools', HTMLTemplateElement)?.content.cloneNode(true)
  if (!place || !buttons) return
  place.append(buttons)
  place.className = 'tools'
  place.setAttribute('role', 'toolbar')
  place.setAttribute('aria-label', editing.words('tools'))
  const all = [...place.querySelectorAll('button')]
  for (const [at, button] of all.entries()) {
    button.tabIndex = at ? -1 : 0
    const name = button.dataset['tool'] ?? ''
    if (name === 'preview' && !preview) button.hidden = true
    button.addEventListener('click', () => {
      if (name === 'preview') return preview?.(button)
      if (name === 'image') return chooseFiles(editing)
      tool(name)?.(editing.view)
      editing.view.focus()
    })
  }
  place.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const shown = all.filter((button) => !button.hidden)
    const at = shown.indexOf(document.activeElement as HTMLButtonElement)
    if (!step || at < 0) return
    event.preventDefault()
    const next = shown[(at + step + shown.length) % shown.length]!
    all.forEach((button) => (button.tabIndex = button === next ? 0 : -1))
    next.focus()
  })
}

/** A line of the server's that asks something, in front of the editor. */
export function ask(form: HTMLFormElement, question: string, answers: [string, () => void][]): void {
  const line = document.createElement('p')
  line.className = 'notice asks'
  line.setAttribute('role', 'status')
  line.append(question, ' ')
  for (const [words, does] of answers) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'link'
    button.textContent = words
    button.addEventListener('click', () => {
      line.remove()
      does()
    })
    line.append(button, ' ')
  }
  form.prepend(line)
}

