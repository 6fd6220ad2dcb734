/** Pictures and files that are pasted, dropped or chosen: uploaded beside the page, and named in the text. */
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { say } from '../dom'
import type { Editing } from './editor'

interface Put {
  /** In the order they were sent, null for one that was refused. */
  files: ({ path: string; name: string; image: boolean } | null)[]
  refused: string[]
}

/** Milliseconds an upload may take, and files of one request (pages/uploading.py). */
const PATIENCE = 120_000
const AT_ONCE = 20

export function files(editing: Editing): Extension {
  const take = (given: FileList | undefined, at?: number | null): boolean => {
    if (!given?.length) return false
    uploadAll(editing, given, at)
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
  field.addEventListener('change', () => uploadAll(editing, field.files ?? []))
  field.click()
}

/** What comes together goes together: one request, and one change of the hub. */
function uploadAll(editing: Editing, given: Iterable<File>, at?: number | null): void {
  const all = [...given]
  for (let first = 0; first < all.length; first += AT_ONCE) void upload(editing, all.slice(first, first + AT_ONCE), at)
}

async function upload({ form, view, words }: Editing, given: File[], at?: number | null): Promise<void> {
  const names = given.map((file) => file.name || 'image.png')
  // Found again by their words, wherever they went while others were written.
  const holders = names.map(
    (name) => `<!-- ${words('uploading').replace('{name}', name)} ${Math.random().toString(36).slice(2, 8)} -->`,
  )
  const from = at ?? view.state.selection.main.head
  const held = holders.join('\n')
  view.dispatch({ changes: { from, insert: held }, selection: { anchor: from + held.length } })
  let put: Put = { files: [], refused: [] }
  let why = ''
  try {
    const sent = new FormData()
    sent.set('csrfmiddlewaretoken', form.querySelector<HTMLInputElement>('[name=csrfmiddlewaretoken]')?.value ?? '')
    given.forEach((file, n) => sent.append('files', file, names[n]))
    const answer = await fetch(form.dataset['upload']!, {
      method: 'POST', body: sent, headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(PATIENCE),
    })
    put = (await answer.json()) as Put
    why = put.refused.join(' ')
  } catch (error) {
    why = error instanceof Error && !(error instanceof SyntaxError) ? error.message : ''
  }
  const failed = names.filter((_, n) => !put.files[n])
  if (failed.length) tell(form, `${words('failed').replace('{name}', failed.join(', '))} ${why}`.trim())
  holders.forEach((holder, n) => {
    const start = view.state.doc.toString().indexOf(holder)
    if (start >= 0) view.dispatch({ changes: { from: start, to: start + holder.length, insert: link(names[n]!, put.files[n]) } })
  })
}

/** What is written into the text for a file; nothing for one that was refused. */
function link(name: string, put: Put['files'][number] | undefined): string {
  if (!put) return ''
  const target = encodeURI(put.name).replace(/[()#?]/g, encodeURIComponent)
  return `${put.image ? '!' : ''}[${name.replace(/\.[^.]+$/, '').replace(/[[\]\\]/g, '')}](${target})`
}

function tell(form: HTMLFormElement, words: string): void {
  const line = document.createElement('p')
  line.className = 'errors'
  line.textContent = words
  form.querySelector(':scope > p.errors')?.remove()
  form.prepend(line)
  say(words)
}
