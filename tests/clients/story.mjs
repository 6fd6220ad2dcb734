// What a learner would do with the example, against the server named in the arguments; says "done" when all of it held.
import assert from "node:assert/strict";
import { Nexus, NexusError } from "../../clients/javascript/nexus.js";

const [url, password] = process.argv.slice(2);
const nexus = new Nexus(url);
const mine = new Nexus(url);

await assert.rejects(nexus.signIn("ada", "wrong"), (e) => e instanceof NexusError && e.status === 401 && e.code !== "error");
await nexus.signIn("ada", password);
await mine.signIn("ada", password);

const stop = new AbortController();
const seen = [];
const after = (await nexus.ask("GET", "/hubs/cohort")).sequence;
const watching = (async () => {
  for await (const event of nexus.follow("cohort", { after, signal: stop.signal })) {
    seen.push(event);
    if (seen.length === 3) stop.abort();
  }
})();

const text = "# Notes\n\n## Challenges\n\n### Port taken\n\nProblem: `Address already in use`\n\nSolution: stop the other.\n";
await nexus.createPage("cohort", "js/notes.md", text);
const page = await nexus.readPage("cohort", "js/notes.md");
assert.equal(page.text, text);
const other = await mine.readPage("cohort", "js/notes.md");
await mine.editPage("cohort", other, text + "\nMore.\n");
await assert.rejects(nexus.editPage("cohort", page, text.replace("# Notes", "# My notes")), (e) => {
  return e.status === 412 && e.code === "stale_version" && e.base === page.version && e.current !== page.version;
});
await nexus.editPage("cohort", page, text.replace("# Notes", "# My notes"), { merge: true });
const merged = await nexus.readPage("cohort", "js/notes.md");
assert.equal(merged.text, text.replace("# Notes", "# My notes") + "\nMore.\n");

const found = [];
for await (const challenge of nexus.challenges("cohort")) found.push(challenge.path);
assert.ok(found.includes("js/notes.md"));

await watching;
assert.deepEqual(seen.map((event) => event.type), ["change.edit", "change.edit", "change.edit"]);
const again = [];
const resumed = new AbortController();
for await (const event of nexus.follow("cohort", { after: seen[0].seq, signal: resumed.signal })) {
  again.push(event.seq);
  if (again.length === 2) resumed.abort();
}
assert.deepEqual(again, seen.slice(1).map((event) => event.seq));
await assert.rejects(async () => {
  for await (const _ of nexus.follow("nowhere")) assert.fail("There is no such hub.");
}, (e) => e.code === "not_found");
await nexus.signOut();
await assert.rejects(nexus.readPage("cohort", "js/notes.md"), (e) => [401, 404].includes(e.status));
console.log("done");
