/** htmx under a policy without inline code: nothing is evaluated, no style is written, no other origin is asked. */
import htmx from 'htmx.org'

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyEnabled: false,
  disableInheritance: true,
  timeout: 10_000,
} satisfies Partial<typeof htmx.config>)

export { htmx }
