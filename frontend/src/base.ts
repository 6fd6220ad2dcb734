/** On every page: search from anywhere, and the keys. */
import './islands/htmx'
import { startMoments } from './islands/moments'
import { startPalette } from './islands/palette'
import { dropDrafts } from './islands/saved'
import { startShortcuts } from './islands/shortcuts'

dropDrafts()
startMoments()
const palette = startPalette()
startShortcuts({ search: palette })
