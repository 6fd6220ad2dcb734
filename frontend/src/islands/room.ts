/**
 * The drawing room: a hidden frame of our own document without our origin (sandbox="allow-scripts"), where Mermaid and
 * KaTeX run over what somebody wrote. One job at a time; a job that takes too long costs the room, not the page.
 */
import type { Answer, Job } from './protocol'

/** For one drawing, the first of which waits for the libraries too. */
const PATIENCE = 15_000
/** Rooms that may be lost before the page stops trying. */
const ROOMS = 3

/** A job without its number, which the room gives. */
export type Task = Job extends infer One ? (One extends Job ? Omit<One, 'id'> : never) : never

export class Room {
  readonly #address: string
  #port: MessagePort | undefined
  #frame: HTMLIFrameElement | undefined
  #rooms = 0
  #jobs = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(address: string) {
    this.#address = address
  }

  /** The answer to a task, after those asked before; rejects when there is none. */
  draw(task: Task): Promise<Answer> {
    const answer = this.#last.then(() => this.#ask(task))
    this.#last = answer.catch(() => undefined)
    return answer
  }

  async #ask(task: Task): Promise<Answer> {
    const port = (this.#port ??= await this.#open())
    const id = ++this.#jobs
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#close()
        reject(new Error('timeout'))
      }, PATIENCE)
      port.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (typeof data !== 'object' || data === null || (data as Answer).id !== id) return
        clearTimeout(late)
        resolve(data as Answer)
      }
      port.postMessage({ ...task, id })
    })
  }

  #open(): Promise<MessagePort> {
    if (++this.#rooms > ROOMS) return Promise.reject(new Error('no room'))
    const frame = document.createElement('iframe')
    frame.setAttribute('sandbox', 'allow-scripts')
    frame.src = this.#address
    frame.className = 'drawing-room'
    frame.tabIndex = -1
    frame.setAttribute('aria-hidden', 'true')
    frame.title = ''
    this.#frame = frame
    const { port1, port2 } = new MessageChannel()
    const opened = new Promise<MessagePort>((resolve, reject) => {
      const late = setTimeout(() => {
        this.#close()
        reject(new Error('timeout'))
      }, PATIENCE)
      frame.onload = () => frame.contentWindow?.postMessage('draw', '*', [port2]) // it has no origin to name
      port1.onmessage = () => {
        clearTimeout(late)
        resolve(port1)
      }
    })
    document.body.append(frame)
    return opened
  }

  #close(): void {
    this.#frame?.remove()
    this.#port?.close()
    this.#frame = this.#port = undefined
  }
}
