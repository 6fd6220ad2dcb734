"""Events: each verb with its facts as docs/events.md says; state and events give the fresh state, for every reader."""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import ROLES, Cast, make_hub

from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.base.errors import NexusError
from nexus.exchange.webhooks import PING
from nexus.hubs import actions as hubs
from nexus.hubs.access import MEMBERS_ONLY, Capability, visible_activities
from nexus.hubs.models import Activity, Hub, Membership
from nexus.hubs.queries import activities, newest_activity, readers
from nexus.knowledge.tasks import DECIDED
from nexus.pages import actions, queries
from nexus.pages.changes import write_change
from nexus.pages.events import MESSAGE, PAGES, TYPES, events, events_for_readers
from nexus.pages.models import ChangeKind, Page, Version

ROOT = Path(__file__).parents[2]
CATALOGUE = (ROOT / "docs/events.md").read_text("utf-8")
EVERYBODY = [*ROLES, "rita", "charlie", "oscar", "anonymous", "operator"]


def told(actor: Actor, hub: Hub, after: int = 0) -> list[dict[str, Any]]:
    return [event.as_json() for event in events(actor, hub.pk, after=after, limit=1000)]


def rows(part: str) -> dict[str, list[str]]:
    """The cells of a table of the catalogue, by the name in its first column."""
    lines = re.findall(
        r"^\| `([a-z._]+)` \|(.*)\|$", CATALOGUE.partition(part)[2].partition("\n\n## ")[0], re.MULTILINE
    )
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in lines}


def test_every_verb_is_in_the_catalogue_and_no_other() -> None:
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src/nexus").rglob("*.py"))
    recording = [path.read_text("utf-8") for path in (ROOT / "src/nexus").rglob("*.py")]
    recording = [text for text in recording if "activity.record(" in text]
    nouns = "|".join({name.partition(".")[0] for name in TYPES} - {"change"})
    recorded = set(re.findall(rf'"((?:{nouns})\.[a-z_]+)"', "\n".join(recording)))
    recorded |= {f"change.{kind}" for kind in ChangeKind} | {DECIDED}
    # A ping is no activity, and of a purge stands in no log of what is gone.
    recorded -= {PING, "hub.purged"}
    assert len(re.findall(r"activity\.record\(", source)) == 32, "A new verb? Say so in docs/events.md, and here."
    assert {name for name in rows("## Types") if "." in name} == recorded == set(TYPES)


def test_the_catalogue_says_who_is_told(cast, hub) -> None:
    for name, cells in rows("## Types").items():
        if "." in name:
            Activity.objects.create(hub=hub, seq=Activity.objects.count() + 1000, verb=name, data={"pages": {}},
                                    person=hub.activities.first().person)  # fmt: skip
            reader = "members" if name.startswith(MEMBERS_ONLY) else "readers"
            assert cells[0] == reader
    hubs.update_hub(cast.alice, hub.slug, visibility="public")
    assert {event["type"] for event in told(cast.charlie, hub)} == {
        name for name, cells in rows("## Types").items() if cells[0] == "readers"
    }


def test_the_facts_of_hubs_and_members(cast) -> None:
    hub = hubs.create_hub(cast.alice, "cohort", title="Cohort")
    cast.user("lea")
    hubs.set_member(cast.alice, "cohort", "lea", "learner")
    hubs.set_member(cast.alice, "cohort", "lea", "mentor")
    hubs.remove_member(cast.alice, "cohort", "lea")
    hubs.update_hub(cast.alice, "cohort", visibility="internal")
    hubs.archive_hub(cast.alice, "cohort")
    hubs.archive_hub(cast.alice, "cohort", archived=False)
    closed, opened = ({"title": "Cohort", "visibility": each} for each in ("private", "internal"))
    assert [(event["type"], event["facts"]) for event in told(cast.alice, hub)] == [
        ("hub.created", {**closed, "owner": "alice"}),
        ("member.added", {"user": "lea", "role": "learner"}),
        ("member.changed", {"user": "lea", "role": "mentor"}),
        ("member.removed", {"user": "lea"}),
        ("hub.updated", {"before": closed, "after": opened}),
        ("hub.archived", {}),
        ("hub.unarchived", {}),
    ]


def test_the_facts_of_changes(cast, hub) -> None:
    begin = Hub.objects.get(pk=hub.pk).sequence
    first = actions.create_page(cast.lea, "cohort", "a.md", b"# A", message="m" * 300)
    actions.edit_page(cast.lea, "cohort", "a.md", b"# B", base=queries.path_for(cast.lea, "cohort", "a.md").head_id)
    actions.move_page(cast.lea, "cohort", "a.md", "x/b.md")
    actions.delete_page(cast.lea, "cohort", "x/b.md")
    actions.restore_page(cast.mona, "cohort", "x/b.md")
    actions.create_page(cast.lea, "cohort", "f.bin", b"\xff")
    undone = actions.revert_change(cast.lea, "cohort", Hub.objects.get(pk=hub.pk).sequence)
    found = told(cast.gus, hub, begin)
    assert [[(page["what"], page["path"], page["kind"]) for page in event["facts"]["pages"]] for event in found] == [
        [("created", "a.md", "page")],
        [("edited", "a.md", "page")],
        [("moved", "x/b.md", "page")],
        [("deleted", "x/b.md", "page")],
        [("restored", "x/b.md", "page")],
        [("created", "f.bin", "file")],
        [("deleted", "f.bin", "file")],
    ]
    for event in found:
        whats = [page["what"] for page in event["facts"]["pages"]]
        assert event["facts"]["counts"] == {what: whats.count(what) for what in whats}
    assert found[0]["facts"]["message"] == "m" * MESSAGE
    assert found[0]["person"] == {"handle": "lea", "name": "Lea"}
    assert (found[-1]["type"], found[-1]["facts"]["reverts"], found[-1]["seq"]) == (
        "change.revert",
        undone.seq - 1,
        undone.seq,
    )
    assert found[0]["facts"]["pages"][0]["version"] == str(first.versions.get().pk)
    assert set(found[0]["facts"]) == {name for name in rows("The facts of a change") if name in found[0]["facts"]}


def test_a_large_change_names_fifty_and_costs_one_statement_more(cast, hub, django_assert_num_queries) -> None:
    begin = Hub.objects.get(pk=hub.pk).sequence
    many(hub, PAGES + 7)
    for n in range(9):
        actions.create_page(cast.lea, "cohort", f"{n}.md", b"x")
    with django_assert_num_queries(4):
        found = events(cast.alice, hub.pk, after=begin)
    assert (len(found), len(found[0].facts["pages"]), found[0].facts["more"]) == (10, PAGES, 7)
    with django_assert_num_queries(3):
        events(cast.alice, hub.pk, after=begin + 1)
    with django_assert_num_queries(1):
        assert events(cast.alice, hub.pk, after=begin + 10) == []


def many(hub: Hub, number: int) -> None:
    """One change of so many pages."""
    text = actions.store_content("x.md", b"# One of many")

    def fill(draft) -> None:
        for n in range(number):
            draft.put(None, f"many/{n}.md", text)

    write_change(Actor.operator(), hub.pk, Capability.PAGE_IMPORT, fill)


@pytest.mark.security
@pytest.mark.parametrize("visibility", ["private", "internal", "public"])
def test_each_reader_is_told_the_same_alone_and_with_others(cast, visibility) -> None:
    """S1: what a room sends is what the query of that reader gives, and nothing to who is no reader."""
    hub = make_hub(cast, "cohort", visibility)
    actions.create_page(cast.lea, "cohort", "a.md", b"x")
    last = Hub.objects.get(pk=hub.pk).sequence
    shared = events_for_readers(hub.pk, after=0)
    assert (shared.until, shared.is_cut) == (last, False)
    actors = {name: getattr(cast, name) for name in EVERYBODY}
    allowed = readers({(hub.pk, actor) for actor in actors.values()})
    assert allowed.sequences == {hub.pk: last}
    for name, actor in actors.items():
        reader = allowed.may_read.get((hub.pk, actor))
        alone = events(actor, hub.pk, after=0, limit=1000)
        assert alone == (shared.events[reader.is_member] if reader else []), name
        assert (reader is not None) == visible_activities(actor).filter(hub=hub).exists(), name
        seqs = [row.seq for row in activities(actor, hub.pk)]
        for until in range(last + 1):
            assert newest_activity(actor, hub.pk, until=until) == max((s for s in seqs if s <= until), default=0)


def test_a_page_of_the_log_goes_on_where_it_was_cut(cast, hub) -> None:
    whole = events_for_readers(hub.pk, after=0)
    found, after = [], 0
    while True:
        part = events_for_readers(hub.pk, after=after, limit=2)
        found += part.events[True]
        after = part.until
        if not part.is_cut:
            break
    assert found == whole.events[True]
    assert events_for_readers(hub.pk, after=after).until == after


# --- State + events = fresh state ------------------------------------------------------------------------------------


def snapshot(hub: Hub) -> dict[str, Any]:
    """The state that the catalogue's events speak of, read anew."""
    hub.refresh_from_db()
    live = Page.objects.filter(hub=hub, live_key__isnull=False)
    return {
        "seq": hub.sequence,
        "hub": {"title": hub.title, "visibility": hub.visibility},
        "archived": hub.archived_at is not None,
        "members": dict(Membership.objects.filter(hub=hub).values_list("user__username", "role")),
        "pages": {
            str(pk): (str(head), path, kind) for pk, head, path, kind in live.values_list("pk", "head", "path", "kind")
        },
    }


def applied(state: dict[str, Any], hub: Hub, event: dict[str, Any]) -> dict[str, Any]:
    """What a client makes of an event: only what docs/events.md says."""
    facts = event["facts"]
    state = {**state, "seq": event["seq"], "members": dict(state["members"]), "pages": dict(state["pages"])}
    match event["type"]:
        case "hub.created":
            state |= {"hub": {name: facts[name] for name in ("title", "visibility")}, "archived": False}
            state["members"] = {facts["owner"]: "owner"} if facts["owner"] else {}
        case "hub.updated":
            assert state["hub"] == facts["before"]
            state["hub"] = facts["after"]
        case "hub.archived" | "hub.unarchived":
            state["archived"] = event["type"] == "hub.archived"
        case "member.added" | "member.changed":
            state["members"][facts["user"]] = facts["role"]
        case "member.invited" | "member.uninvited":
            pass  # who is a member is as before
        case "member.removed":
            del state["members"][facts["user"]]
        case "change.edit" | "change.import" | "change.revert" | "change.purge":
            pages = facts["pages"]
            if facts["more"]:  # "ask the change for them"
                pages = [
                    {"id": str(v.page_id), "version": str(v.pk), "path": v.path, "kind": v.kind,
                     "what": "deleted" if v.is_deletion else "edited"}
                    for v in Version.objects.filter(change__hub=hub, change__seq=event["seq"])
                ]  # fmt: skip
            for page in pages:
                if page["what"] == "deleted":
                    state["pages"].pop(page["id"], None)  # a purge names what is in the trash as well
                else:
                    state["pages"][page["id"]] = (page["version"], page["path"], page["kind"])
        case other:
            raise AssertionError(other)
    return state


PATHS = ["a.md", "x/a.md", "x/b.txt", "x/y/c.md", "y/a.md", "x"]
STEPS = st.tuples(
    st.sampled_from(["create", "create", "edit", "edit", "move", "delete", "restore", "revert", "member", "member", "leave",
                     "open", "archive", "many"]),
    st.sampled_from(PATHS), st.sampled_from(PATHS), st.integers(0, 3),
)  # fmt: skip
NOTHING: dict[str, Any] = {"seq": 0, "hub": {}, "archived": False, "members": {}, "pages": {}}
_hubs = itertools.count()


def step(hub: Hub, what: str, one: str, other: str, n: int) -> None:
    actor, slug, someone = Actor.operator(), hub.slug, ["lea", "leo", "mona", "gus"][n]
    match what:
        case "create":
            actions.create_page(actor, slug, one, f"{n}".encode())
        case "edit":
            base = queries.path_for(actor, slug, one).head_id
            actions.edit_page(actor, slug, one, f"{other} {n}".encode(), base=base)
        case "move":
            actions.move_page(actor, slug, one, other)
        case "delete":
            actions.delete_page(actor, slug, one)
        case "restore":
            actions.restore_page(actor, slug, one)
        case "revert":
            hub.refresh_from_db()
            actions.revert_change(actor, slug, hub.sequence - n)
        case "member":
            hubs.set_member(actor, slug, someone, ["guest", "learner", "mentor", "owner"][len(one) % 4])
        case "leave":
            hubs.remove_member(actor, slug, someone)
        case "open":
            hubs.update_hub(actor, slug, visibility=["private", "public"][n % 2], title=one)
        case "archive":
            hubs.archive_hub(actor, slug, archived=n % 2 == 0)
        case "many":
            many(hub, PAGES + 3)


@given(steps=st.lists(STEPS, min_size=4, max_size=24), made_by=st.sampled_from(["alice", "operator"]), data=st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_state_and_events_are_the_fresh_state(db, steps, made_by, data) -> None:
    """From every number on: the state then, and what was told since, is the state now."""
    cast = Cast()
    if not User.objects.exists():
        for name in ("alice", "lea", "leo", "mona", "gus"):
            cast.user(name)
    maker = Actor.operator() if made_by == "operator" else Actor.of(User.objects.get(username=made_by), Door.WEB)
    hub = hubs.create_hub(maker, f"hub-{next(_hubs)}")
    states = [NOTHING, snapshot(hub)]
    for each in steps:
        try:
            step(hub, *each)
        except NexusError:
            continue
        if (now := snapshot(hub))["seq"] > states[-1]["seq"]:
            states.append(now)
    begin = data.draw(st.sampled_from(states))
    state = begin
    for event in told(Actor.operator(), hub, begin["seq"]):
        state = applied(state, hub, event)
    assert state == states[-1]
