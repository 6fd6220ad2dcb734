/** Where a text is written: an editor in the place of the plain text area, which stays what is sent. */
import { startEditor } from './islands/editor/editor'
import { startLive } from './islands/live'

startEditor()
startLive()
