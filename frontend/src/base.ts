/** On every page: search from anywhere, and the keys. */
import './islands/htmx'
import { startPalette } from './islands/palette'
import { startShortcuts } from './islands/shortcuts'

const palette = startPalette()
startShortcuts({ search: palette })
