/**
 * Diagrams and formulas. They are drawn in a frame without our origin (room.ts) and come back as data: a diagram as an
 * SVG that is shown as an image, in which nothing runs and nothing loads; a formula as MathML built here from an
 * allow-list. What cannot be drawn stays the text it is, and says why.
 */
import { copyOf } from './dom'
import { mathElement } from './mathml'
import type { Answer } from './protocol'
import { Room, type Task } from './room'
import { reachable } from './scrolling'

const MAX_DIAGRAMS = 100
const MAX_FORMULAS = 2_000
const MAX_SOURCE = 50_000
const MAX_SVG = 3_000_000
const MAX_SIDE = 20_000

/** Answers that are kept for what is drawn again: a preview is made anew with each pause. */
const MAX_KEPT = 200

const darkness = matchMedia('(prefers-color-scheme: dark)')
const kept = new Map<string, Promise<Answer>>()
const shown = new Set<Diagram>()
let room: Room | undefined

darkness.addEventListener('change', () => shown.forEach((diagram) => void diagram.draw()))

/** Draws what a text holds. One that left the page since is forgotten. */
export function drawIn(text: ParentNode): void {
  const address = document.querySelector<HTMLElement>('[data-drawing-room]')?.dataset['drawingRoom']
  if (!address) return
  room ??= new Room(address)
  shown.forEach((diagram) => diagram.isGone() && shown.delete(diagram))
  const formulas = [...text.querySelectorAll<HTMLElement>('.math')].slice(0, MAX_FORMULAS)
  for (const formula of formulas) void drawFormula(formula)
  const diagrams = [...text.querySelectorAll<HTMLPreElement>('pre.mermaid')].slice(0, MAX_DIAGRAMS)
  for (const source of diagrams) shown.add(new Diagram(source))
}

/** What the room answers, or answered before. Rejects when it does not. */
function asked(task: Task): Promise<Answer> {
  const key = JSON.stringify(task)
  const known = kept.get(key)
  if (known) return known
  const answer = room!.draw(task)
  kept.set(key, answer)
  answer.catch(() => kept.delete(key))
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!)
  return answer
}

async function drawFormula(formula: HTMLElement): Promise<void> {
  const source = formula.textContent ?? ''
  if (source.length > MAX_SOURCE) return
  try {
    const answer = checked(await asked({ kind: 'math', source, display: formula.classList.contains('block') }))
    if (!('tree' in answer)) throw new Error('no formula')
    formula.replaceChildren(mathElement(answer.tree))
    formula.classList.add('drawn')
  } catch (error) {
    formula.classList.add('undrawn')
    formula.title = reason(error)
  }
}

class Diagram {
  readonly #source: HTMLPreElement
  #image: HTMLImageElement | undefined

  constructor(source: HTMLPreElement) {
    this.#source = source
    void this.draw()
  }

  isGone(): boolean {
    return !this.#source.isConnected
  }

  async draw(): Promise<void> {
    const source = this.#source.textContent ?? ''
    try {
      if (source.length > MAX_SOURCE) throw new Error('too large')
      const answer = checked(await asked({ kind: 'mermaid', source, dark: darkness.matches }))
      if (!('svg' in answer)) throw new Error('no diagram')
      this.#show(answer)
    } catch (error) {
      this.#fail(reason(error))
    }
  }

  #show({ svg, width, height, title }: Extract<Answer, { svg: string }>): void {
    if (!this.#image) {
      const figure = copyOf('Drawing', HTMLElement)
      this.#image = figure?.querySelector('img') ?? undefined
      if (!figure || !this.#image) return
      // What leads to the source leads to the drawing.
      for (const name of ['id', 'data-span']) {
        const value = this.#source.getAttribute(name)
        if (value === null) continue
        figure.setAttribute(name, value)
        this.#source.removeAttribute(name)
      }
      this.#source.replaceWith(figure)
      figure.querySelector('details')?.append(this.#source)
      reachable(figure)
    }
    const image = this.#image
    image.width = width
    image.height = height
    if (title) image.alt = title
    image.onload = () => image.parentElement && reachable(image.parentElement) // its size is known only now
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  }

  #fail(why: string): void {
    if (this.#image) return
    const note = copyOf('DrawingFailed', HTMLElement)
    if (!note) return
    note.append(` ${why}`)
    this.#source.after(note)
  }
}

/** An answer whose every part has the form it should have. Throws what the room said went wrong. */
function checked(answer: Answer): Answer {
  if ('error' in answer) throw new Error(String(answer.error))
  if ('svg' in answer) {
    const sides = [answer.width, answer.height]
    const fits = sides.every((side) => Number.isFinite(side) && side > 0 && side <= MAX_SIDE)
    if (typeof answer.svg !== 'string' || answer.svg.length > MAX_SVG || !fits) throw new Error('too large')
    return { ...answer, title: String(answer.title).slice(0, 300) }
  }
  return answer
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 3).join(' ').slice(0, 200)
}
