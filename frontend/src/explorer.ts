// Where queries are tried out (/graphql in a browser): GraphiQL, from our own files, without workers and evaluation.
import { GraphiQL } from 'graphiql'
import 'graphiql/style.css'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'

const place = document.getElementById('Explorer')

/** Asks as whoever is signed in here; a header `Authorization` that is typed below the query wins. */
async function fetcher(asked: object, options?: { headers?: Record<string, string> }): Promise<never> {
  const answer = await fetch('/graphql', {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json',
      'X-CSRFToken': place?.dataset['csrf'] ?? '',
      ...options?.headers,
    },
    body: JSON.stringify(asked),
  })
  return (await answer.json()) as never
}

if (place) {
  const first = place.dataset['first'] ?? ''
  createRoot(place).render(createElement(GraphiQL, { fetcher, defaultQuery: first, defaultEditorToolsVisibility: true }))
}
