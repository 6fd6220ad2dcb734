/** An open page hears what happens in its hub (docs/events.md): it says that its text was saved anew and who reads it too, has
 * the news of an overview asked for again, and says when it hears nothing. So does an open editor, whose text is left alone. */
import { byId, copyOf, say } from './dom'
import { htmx } from './htmx'

interface Event {
  type: `${string}.${string}` | 'heartbeat'
  seq: number
  person: { name: string }
  facts: { pages?: Became[] }
}

/** What a change did to a page, and the version it made of it. */
interface Became {
  id: string
  what: string
  version: string
}

interface Presence {
  type: 'presence'
  seq: number
  people: { name: string }[]
}

/** Close codes after which coming back would bring the same answer. */
const FINAL = new Set([4400, 4401, 4404, 4410, 4429])
const RESTARTING = 1012
/** Milliseconds: the shortest and the longest pause before coming back; how long a silence may last before the connection
 * counts as dead; how long one may be away before it is said; how long the server may take to index what was written. */
const [SHORTEST, LONGEST, SILENCE, PATIENCE, SETTLING] = [1_000, 60_000, 60_000, 10_000, 1_500]

export function startLive(): void {
  const template = byId('Live', HTMLTemplateElement)
  const { hub, after, page } = template?.dataset ?? {}
  if (!hub) return
  const address = new URL(`/ws/hubs/${hub}`, location.href)
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  let last = Number(after)
  let pause = SHORTEST
  let socket: WebSocket | undefined
  let retry = 0
  let silence = 0
  let absence = 0
  let refreshing = 0

  function connect(): void {
    address.search = `?after=${last}${byId('Here', HTMLTemplateElement) && page ? `&page=${page}` : ''}`
    socket = new WebSocket(address, 'nexus.v1')
    socket.onopen = () => {
      pause = SHORTEST
      heard()
      clearTimeout(absence)
      absence = 0
      document.querySelector('.live.lost')?.remove()
    }
    socket.onmessage = (message: MessageEvent<string>) => {
      heard()
      const event = JSON.parse(message.data) as Event | Presence
      last = Math.max(last, event.seq)
      if (event.type === 'presence') readers(event.people)
      else if (event.type.startsWith('change.')) tell(event)
    }
    socket.onclose = ({ code }) => {
      clearTimeout(silence)
      readers([])
      if (FINAL.has(code)) return lost()
      absence ||= setTimeout(lost, PATIENCE)
      retry = setTimeout(connect, (code === RESTARTING ? SHORTEST : pause) * (0.5 + Math.random() / 2))
      pause = Math.min(pause * 2, LONGEST)
    }
  }

  function heard(): void {
    clearTimeout(silence)
    silence = setTimeout(() => socket?.close(), SILENCE)
  }

  function tell({ person, facts }: Event): void {
    const mine = facts.pages?.find(({ id }) => id === page)
    // What this form itself saves is no news to whoever sent it.
    if (mine && !byId('Editor', HTMLFormElement)?.dataset['leaving']) notice(mine, person.name)
    clearTimeout(refreshing)
    refreshing = setTimeout(refresh, SETTLING)
  }

  // A page that is kept for "back" must not keep its connection; when it is shown again it hears what it missed.
  addEventListener('pagehide', () => {
    clearTimeout(retry)
    clearTimeout(absence)
    if (socket) socket.onclose = null
    socket?.close()
    clearTimeout(silence)
  })
  addEventListener('pageshow', ({ persisted }) => persisted && connect())
  connect()
}

/** Puts a notice of the server's at the foot of the window, in the words it has for `what`; it leads to the page as it is now,
 * or where one writes to what differs from what the text began with. */
function notice({ what, version }: Became, name: string): void {
  const shown = copyOf('LiveNotice', HTMLElement)
  const words = shown?.dataset[what]?.replace('%s', name)
  if (!shown || !words) return
  shown.querySelector('span')!.textContent = words
  const link = shown.querySelector('a')
  const { version: versions, from } = byId('Live', HTMLTemplateElement)?.dataset ?? {}
  if (link) link.href = versions ? `${versions}${version}/difference?from=${from}` : location.pathname
  if (what === 'deleted') link?.remove()
  document.querySelector('.live:not(.lost)')?.remove()
  place(shown)
  say(words)
}

/** Within the landmark of the text, so that who goes by landmarks finds it; where one writes, above the text and over none of
 * its buttons. */
function place(shown: HTMLElement): void {
  const form = byId('Editor', HTMLFormElement)
  if (form) return form.prepend(shown)
  const main = document.querySelector('main') ?? document.body
  main.append(shown)
}

/** Says beside the text who else has it open, in a line that is not announced: it is no news. */
function readers([first, second, third]: { name: string }[]): void {
  document.querySelector('.here')?.remove()
  const shown = first && copyOf('Here', HTMLElement)
  if (!shown) return
  const words = shown.dataset[third ? 'more' : second ? 'two' : 'one']!
  words.split(/{(first|second)}/).forEach((part, n) => shown.append(n % 2 ? named(part === 'first' ? first : second!) : part))
  document.querySelector('.beside')?.prepend(shown)
}

/** A name that is written from right to left does not turn the sentence around. */
function named({ name }: { name: string }): HTMLElement {
  const shown = document.createElement('bdi')
  shown.textContent = name
  return shown
}

function lost(): void {
  const shown = copyOf('LiveLost', HTMLElement)
  if (shown && !document.querySelector('.live.lost')) place(shown)
}

/** Asks for the news of an overview again, unless the reader is in them. */
function refresh(): void {
  const news = document.getElementById('News')
  if (!news || news.contains(document.activeElement)) return
  void htmx.ajax('get', location.pathname, { target: news, select: '#News', swap: 'outerHTML' })
}
