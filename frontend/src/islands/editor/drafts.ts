/** What is written is kept in this browser until it is saved: a page that is left, a server that is away, lose nothing. */
import { PREFIX, SAVING } from '../saved'
import { ask, type Editing } from './editor'

interface Draft {
  base: string
  text: string
  at: number
}

/** Milliseconds: how long a draft is kept, and how long writing rests before it is. */
const [KEPT, PAUSE] = [30 * 24 * 3600 * 1000, 400]

/** Offers what was kept, and keeps what is written from now on; the result is to be called after each change. */
export function keepDraft(editing: Editing): () => void {
  const { form, view, words } = editing
  const { user = '', hub = '', path = '', base = '' } = form.dataset
  const key = `${PREFIX}${user}:${hub}/${path}`
  const first = view.state.doc.toString()
  const kept = read(key)
  // A form that came back holds what was sent: that is newer than any draft.
  if (kept && kept.text !== first && form.dataset['sent'] === undefined) {
    ask(form, words('draft'), [
      [words('take'), () => take(kept)],
      [words('drop'), () => forget(key)],
    ])
  }
  tidy()

  function take(draft: Draft): void {
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: draft.text } })
    // Made from another version: saving then merges it with what came since.
    const field = form.querySelector<HTMLInputElement>('input[name=base]')
    if (field && draft.base) field.value = draft.base
    view.focus()
  }

  let timer = 0
  const keep = (): void => {
    clearTimeout(timer)
    const text = view.state.doc.toString()
    const from = form.querySelector<HTMLInputElement>('input[name=base]')?.value ?? base
    if (text === first) forget(key)
    else write(key, JSON.stringify({ base: from, text, at: Date.now() } satisfies Draft))
  }
  addEventListener('pagehide', () => timer && keep())
  form.addEventListener('submit', () => {
    keep()
    try {
      sessionStorage.setItem(SAVING, key)
    } catch {
      // Then the draft is offered once more.
    }
  })
  return () => {
    clearTimeout(timer)
    timer = setTimeout(keep, PAUSE)
  }
}

function read(key: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? 'null') as Draft | null
    return draft && typeof draft.text === 'string' ? draft : null
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Full, or forbidden: what is written is only here.
  }
}

function forget(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // It was never kept.
  }
}

/** Drops what nobody came back to. */
function tidy(): void {
  try {
    for (const key of Object.keys(localStorage)) {
      const draft = key.startsWith(PREFIX) ? read(key) : null
      if (draft && Date.now() - draft.at > KEPT) forget(key)
    }
  } catch {
    // Nothing is kept here.
  }
}
