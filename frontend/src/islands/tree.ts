/** The folder beside a text begins where the text is, not at the folder's first page. */
import { showIn } from './dom'

export function startTree(): void {
  const tree = document.querySelector('nav.tree')
  const here = tree?.querySelector('[aria-current=page]')
  if (tree && here) showIn(tree, here, 'instant')
}
