// The page of index.html: signs in, lists challenges, edits a page, and shows what happens in the hub as it happens.
import { Nexus } from "./nexus.js";

const at = (id) => document.getElementById(id);
const say = (text) => (at("said").textContent = text);
const MOST = 50;
let nexus, hub, page;

/** What comes from a server is put in as text, never as HTML: somebody else wrote it. */
function add(list, text) {
  const item = document.createElement("li");
  item.textContent = text;
  at(list).prepend(item);
  if (at(list).children.length > MOST) at(list).lastElementChild.remove();
}

function onSubmit(id, act) {
  at(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await act(new FormData(event.target, event.submitter), event.target);
    } catch (error) {
      say([error.message, error.remedy].filter(Boolean).join(" "));
    }
  });
}

onSubmit("sign-in", async (form, element) => {
  nexus = new Nexus(form.get("url"));
  hub = form.get("hub");
  await nexus.signIn(form.get("username"), form.get("password"));
  element.hidden = true;
  at("hub").hidden = false;
  say("Signed in.");
  let left = MOST;
  for await (const challenge of nexus.challenges(hub)) {
    add("challenges", `${challenge.title}${challenge.solution ? " (solved)" : ""}: ${challenge.path}`);
    if (!--left) break;
  }
  follow();
});

onSubmit("open", async (form) => {
  page = await nexus.readPage(hub, form.get("path"));
  at("edit").hidden = false;
  at("edit").elements.text.value = page.text;
  say(`Version ${page.number} of ${page.path}.`);
});

onSubmit("edit", async (form) => {
  try {
    const merge = form.get("how") === "merge";
    const saved = await nexus.editPage(hub, page, form.get("text"), { merge });
    page = await nexus.readPage(hub, saved.path);
    at("edit").elements.text.value = page.text;
    say(`Saved as version ${page.number}.`);
  } catch (error) {
    if (error.status === 412) {
      // Somebody was faster. Nothing is stored and nothing is lost: the text is still in the field.
      say("Somebody saved this page since you opened it. Save it merging, or open it again to see what is there.");
    } else if (error.code === "merge_conflict") {
      say("You both changed the same lines. Copy your text, open the page again, and put the two together.");
    } else {
      throw error;
    }
  }
});

async function follow() {
  try {
    for await (const event of nexus.follow(hub)) {
      add("events", `${event.seq} ${event.person?.name ?? "Somebody"}: ${event.type} ${event.facts?.message ?? ""}`);
    }
  } catch (error) {
    say(`What happens is no longer shown (${error.code ?? error.message}).`);
  }
}
