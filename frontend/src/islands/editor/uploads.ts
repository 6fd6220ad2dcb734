/** Pictures and files that are pasted, dropped or chosen: uploaded beside the page, and named in the text. */
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { say } from '../dom'
import type { Editing } from './editor'

interface Put {
  files: { path: string; name: string; image: boolean }[]
  refused: string[]
}

/** Milliseconds an upload may take. */
const PATIENCE = 120_000

export function files(editing: Editing): Extension {
  const take = (given: FileList | undefined, at?: number | null): boolean => {
    if (!given?.length) return false
    for (const file of given) void upload(editing, file, at)
    return true
  }
  return EditorView.domEventHandlers({
    // Text that was copied with a picture of itself is meant as text.
    paste: (event) => !event.clipboardData?.types.includes('text/plain') && stop(event, take(event.clipboardData?.files)),
    drop: (event, view) => stop(event, take(event.dataTransfer?.files, view.posAtCoords({ x: event.clientX, y: event.clientY }))),
  })
}

function stop(event: Event, taken: boolean): boolean {
  if (taken) event.preventDefault()
  return taken
}

export function chooseFiles(editing: Editing): void {
  const field = document.createElement('input')
  field.type = 'file'
  field.multiple = true
  field.addEventListener('change', () => {
    for (const file of field.files ?? []) void upload(editing, file)
  })
  field.click()
}

async function upload({ form, view, words }: Editing, file: File, at?: number | null): Promise<void> {
  const name = file.name || 'image.png'
  // Found again by its words, wherever it went while others were written.
  const holder = `<!-- ${words('uploading').replace('{name}', name)} ${Math.random().toString(36).slice(2, 8)} -->`
  const from = at ?? view.state.selection.main.head
  view.dispatch({ changes: { from, insert: holder }, selection: { anchor: from + holder.length } })
  let insert = ''
  try {
    const sent = new FormData()
    sent.set('csrfmiddlewaretoken', form.querySelector<HTMLInputElement>('[name=csrfmiddlewaretoken]')?.value ?? '')
    sent.set('files', file, name)
    const answer = await fetch(form.dataset['upload']!, {
      method: 'POST', body: sent, headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(PATIENCE),
    })
    const put = (await answer.json()) as Put
    const [one] = put.files
    if (!one) throw new Error(put.refused.join(' '))
    const target = encodeURI(one.name).replace(/[()#?]/g, encodeURIComponent)
    insert = `${one.image ? '!' : ''}[${name.replace(/\.[^.]+$/, '').replace(/[[\]\\]/g, '')}](${target})`
  } catch (error) {
    const why = error instanceof Error && !(error instanceof SyntaxError) ? error.message : ''
    tell(form, `${words('failed').replace('{name}', name)} ${why}`.trim())
  }
  const start = view.state.doc.toString().indexOf(holder)
  if (start >= 0) view.dispatch({ changes: { from: start, to: start + holder.length, insert } })
}

function tell(form: HTMLFormElement, words: string): void {
  const line = document.createElement('p')
  line.className = 'errors'
  line.textContent = words
  form.querySelector(':scope > p.errors')?.remove()
  form.prepend(line)
  say(words)
}
