/** What the page and its drawing room say to each other. The room is not trusted: the page checks what it answers. */

/** An element as data: name, attributes, children. */
export type Tree = [name: string, attributes: Record<string, string>, children: (Tree | string)[]]

export type Job =
  | { id: number; kind: 'mermaid'; source: string; dark: boolean }
  | { id: number; kind: 'math'; source: string; display: boolean }

export type Answer =
  | { id: number; svg: string; width: number; height: number; title: string }
  | { id: number; tree: Tree }
  | { id: number; error: string }
