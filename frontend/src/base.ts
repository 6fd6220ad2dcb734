/** On every page: search from anywhere, and the keys. */
import './islands/htmx'
import { startMoments } from './islands/moments'
import { startPalette } from './islands/palette'
import { startShortcuts } from './islands/shortcuts'

startMoments()
const palette = startPalette()
startShortcuts({ search: palette })
