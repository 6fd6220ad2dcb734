/**
 * The drawing room's own script. It runs in a frame without an origin, under a policy that lets it load its own files and
 * nothing else; here Mermaid and KaTeX may be wrong about what is safe. It hears one port, handed over by its page.
 */
import type { Answer, Job, Tree } from './islands/protocol'

addEventListener('message', (event) => {
  const port = event.ports[0]
  if (event.source !== parent || !port) return
  port.onmessage = async ({ data }: MessageEvent<Job>) => port.postMessage(await answer(data))
  port.postMessage('ready')
}, { once: true })

async function answer(job: Job): Promise<Answer> {
  try {
    return job.kind === 'math' ? await formula(job) : await diagram(job)
  } catch (error) {
    return { id: job.id, error: error instanceof Error ? error.message : String(error) }
  }
}

async function formula({ id, source, display }: Extract<Job, { kind: 'math' }>): Promise<Answer> {
  const { default: katex } = await import('katex')
  // Nothing is trusted (no links, no images), macros end after a thousand steps, no size is larger than a page.
  const options = { displayMode: display, output: 'mathml', trust: false, maxExpand: 1000, maxSize: 20, strict: 'ignore' } as const
  const parsed = new DOMParser().parseFromString(katex.renderToString(source, options), 'text/html')
  const math = parsed.querySelector('math')
  if (!math) throw new Error('no formula')
  return { id, tree: treeOf(math) }
}

function treeOf(element: Element): Tree {
  const attributes = Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]))
  const children = [...element.childNodes].map((node) => (node instanceof Element ? treeOf(node) : (node.nodeValue ?? '')))
  return [element.localName, attributes, children]
}

async function diagram({ id, source, dark }: Extract<Job, { kind: 'mermaid' }>): Promise<Answer> {
  const { default: mermaid } = await import('mermaid')
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    suppressErrorRendering: true,
    theme: dark ? 'dark' : 'neutral',
    fontFamily: 'system-ui, sans-serif',
    htmlLabels: false, // labels of HTML are lost where an image may not hold HTML
    maxTextSize: 50_000,
    maxEdges: 500,
    secure: ['secure', 'securityLevel', 'startOnLoad', 'suppressErrorRendering', 'maxTextSize', 'maxEdges', 'htmlLabels', 'themeCSS', 'fontFamily'],
  })
  const { svg } = await mermaid.render(`Diagram${id}`, source)
  document.body.replaceChildren()
  const parsed = new DOMParser().parseFromString(svg, 'text/html').querySelector('svg')
  if (!parsed) throw new Error('no diagram')
  const [, , width = 0, height = 0] = (parsed.getAttribute('viewBox') ?? '').split(/[ ,]+/).map(Number)
  parsed.setAttribute('width', String(width))
  parsed.setAttribute('height', String(height))
  const title = parsed.querySelector(':scope > title')?.textContent?.trim() ?? ''
  // As XML: an image is not read as HTML is.
  return { id, svg: new XMLSerializer().serializeToString(parsed), width, height, title }
}
