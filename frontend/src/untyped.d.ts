// What the explorer imports and nobody needs typed for three calls.
declare module 'react' {
  export function createElement(type: unknown, properties: object): unknown
}
declare module 'react-dom/client' {
  export function createRoot(place: Element): { render(what: unknown): void }
}
declare module 'graphiql/style.css'
