// What a client developer writes with `graphql-ws`, and nothing more: node follow.mjs ADDRESS TOKEN HUB PAGE
import { createRequire } from 'node:module'

const { createClient } = createRequire(`${process.cwd()}/`)('graphql-ws')
const [address, token, hub, page] = process.argv.slice(2)
const tell = (name, what) => console.log(JSON.stringify([name, what]))
const client = createClient({ url: address, connectionParams: { authorization: `Bearer ${token}` } })

const seen = []
const activity = client.iterate({
  query: `subscription ($hub: String!) {
    hubActivity(hub: $hub, after: 0) { seq type change { author { handle } } }
  }`,
  variables: { hub },
})
for await (const { data } of activity) {
  seen.push(data.hubActivity.seq)
  if (seen.length === 4) console.log(seen.join(' '))
  if (seen.length === 5) {
    tell('next', data.hubActivity)
    break
  }
}

const presence = client.iterate({
  query: 'subscription ($page: ID!) { pagePresence(page: $page) { people { handle } others } }',
  variables: { page },
})
tell('presence', (await presence.next()).value.data.pagePresence)
await presence.return()

await new Promise((done) =>
  client.subscribe({ query: '{ viewer { username } }' }, {
    next: () => done(),
    complete: () => done(),
    error: ([{ extensions }]) => done(tell('refused', extensions.code)),
  }),
)
await client.dispose()

const stranger = createClient({ url: address, connectionParams: { authorization: 'Bearer nobody' }, retryAttempts: 0 })
await new Promise((done) =>
  stranger.subscribe({ query: 'subscription { hubActivity(hub: "x") { seq } }' }, {
    next: () => done(),
    complete: () => done(),
    error: ({ code, reason }) => done(tell('forbidden', [code, reason])),
  }),
)
