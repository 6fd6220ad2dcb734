/** Beside a text. Each island adds to what already works without it. */
import { startCopying } from './islands/copying'
import { startLive } from './islands/live'
import { startOutline } from './islands/outline'
import { startPassages } from './islands/passages'
import { startScrolling } from './islands/scrolling'
import { startTree } from './islands/tree'

startCopying()
startLive()
startOutline()
startPassages()
startScrolling()
startTree()

const text = document.querySelector('article.text')
if (text?.querySelector('pre.mermaid, .math')) void import('./islands/drawings').then(({ drawIn }) => drawIn(text))
