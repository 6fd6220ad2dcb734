/**
 * MathML from data: only these elements and attributes can come of it, none of which runs, loads, links or styles.
 */
import type { Tree } from './protocol'

const NAMESPACE = 'http://www.w3.org/1998/Math/MathML'
const ELEMENTS = new Set(
  ('math semantics annotation mrow mi mo mn ms mtext mspace mfrac msqrt mroot mstyle merror mpadded mphantom msub msup ' +
    'msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd menclose').split(' '),
)
const ATTRIBUTES = new Set(
  ('accent accentunder columnalign columnspan depth display displaystyle encoding fence form height largeop linethickness ' +
    'lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation rowspan rspace scriptlevel ' +
    'separator stretchy symmetric voffset width').split(' '),
)
const MAX_NODES = 20_000
const MAX_DEPTH = 200
const MAX_VALUE = 100

/** The element a tree describes. Throws for anything that is not plain MathML of a bounded size. */
export function mathElement(tree: Tree): Element {
  let left = MAX_NODES

  function build(node: Tree, depth: number): Element {
    if (!Array.isArray(node) || node.length !== 3) throw new Error('no tree')
    const [name, attributes, children] = node
    if (!ELEMENTS.has(name) || depth > MAX_DEPTH) throw new Error(`not drawn: ${String(name).slice(0, 30)}`)
    const element = document.createElementNS(NAMESPACE, name)
    for (const [key, value] of Object.entries(attributes)) {
      if (ATTRIBUTES.has(key) && typeof value === 'string' && value.length <= MAX_VALUE) element.setAttribute(key, value)
    }
    for (const child of children) {
      if (--left < 0) throw new Error('too large')
      element.append(typeof child === 'string' ? child : build(child, depth + 1))
    }
    if (name === 'mtable') align(element)
    return element
  }

  const root = build(tree, 0)
  if (root.localName !== 'math') throw new Error('no formula')
  return root
}

/** Browsers have left columnalign behind (MathML Core); the cells say it by class instead. */
function align(table: Element): void {
  const columns = table.getAttribute('columnalign')?.split(' ') ?? []
  for (const row of table.children) {
    ;[...row.children].forEach((cell, at) => {
      const side = columns[Math.min(at, columns.length - 1)]
      if (side === 'left' || side === 'right') cell.classList.add(`to-${side}`)
    })
  }
}
