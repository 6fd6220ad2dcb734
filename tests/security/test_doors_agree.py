"""S23: GraphQL and REST show the same to the same people, and refuse the same to them, in pairs of requests that are made
up: who asks, of which hub, for what, with values that fit and values that do not."""

import datetime
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.api.doors import GraphQL, Rest, rows
from tests.api.rest.conftest import Caller
from tests.conftest import Cast, make_hub

from nexus.accounts import actions as accounts
from nexus.base.ids import uuid7
from nexus.exchange import jobs, webhooks
from nexus.exchange.models import Delivery, Webhook
from nexus.hubs import actions as hubs
from nexus.hubs.activity import nudge
from nexus.hubs.models import Invitation
from nexus.pages import actions
from nexus.pages.models import Version

pytestmark = [pytest.mark.security, pytest.mark.django_db]

#: Pairs in all: 5,000 by `make test-security`.
PAIRS = int(os.environ.get("NEXUS_TEST_PAIRS", "150"))
#: Several workers share them.
PARTS = range(max(1, PAIRS // 1000))
HUBS = {"cohort": "private", "inside": "internal", "open": "public", "old": "private"}
PROGRAMS = {
    "alice's reader": {"scopes": ["read"]}, "alice's writer": {"scopes": ["read", "write"]},
    "alice's in open": {"scopes": ["read", "write", "admin"], "hubs": ["open"]},
}  # fmt: skip
ACTORS = ("anonymous", "charlie", "gus", "lea", "mona", "alice", "oscar", *PROGRAMS, "forged")
NOTES = """# Notes

## Technologies

- Docker
- Redis

## Challenges

- **Challenge:** The port is taken.

  ```
  OSError: [Errno 98] Address already in use
  ```

  **Solution:** Another port.
- **Challenge:** Celery does not start.
"""


class Doors(NamedTuple):
    """Both ways in, and what of the instance has a name that is made up anew each time."""

    rest: Rest
    graphql: GraphQL
    secret: str

    def at(self, hub: str) -> None:
        self.rest.hub = self.graphql.hub = hub


@pytest.fixture
def doors(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Doors:
    """The same in a hub of each kind: pages by several, one of them deleted, invitations, a webhook."""
    monkeypatch.setattr(jobs, "wake", lambda: None)
    settings.RATE_ANONYMOUS = settings.RATE_SIGNED_IN = 10**9
    made: dict[str, Any] = {}
    cast.user("charlie")  # not only within what is rolled back
    for slug, visibility in HUBS.items():
        made[slug] = make_hub(cast, slug, visibility).pk
        actions.create_page(cast.lea, slug, "lea/notes.md", NOTES.encode(), message="begun")
        actions.create_page(cast.leo, slug, "leo/notes.md", NOTES.replace("Redis", "Celery").encode())
        actions.create_page(cast.alice, slug, "README.md", b"# Read me\n\nSee [notes](lea/notes.md).\n")
        actions.create_page(cast.lea, slug, "gone.md", b"# Gone\n")
        actions.delete_page(cast.lea, slug, "gone.md")
        head = Version.objects.get(page__hub__slug=slug, path="README.md").pk
        actions.edit_page(cast.mona, slug, "README.md", b"# Read me\n\nFirst.\n", base=head)
        steps = [actions.Step("create", f"several/{name}.md", b"# One\n") for name in "cab"]
        actions.change_pages(cast.leo, slug, steps, message="several")
        hubs.invite_member(cast.alice, slug, "owner", email="new@example.org")
        secret = hubs.invite_member(cast.mona, slug, "learner", uses=3).token
        webhooks.create_webhook(cast.alice, slug, "https://example.org/told", events=["change.*"])
        nudge(made[slug])
    hubs.archive_hub(cast.alice, "old")
    hubs.create_hub(cast.oscar, "oscars", title="Oscar's")
    programs = {}
    for name, reach in PROGRAMS.items():
        within = [made[slug] for slug in reach["hubs"]] if "hubs" in reach else None
        programs[name] = accounts.create_personal_token(cast.alice, name, scopes=reach["scopes"], hubs=within)[1]
    programs["forged"] = programs["alice's reader"][:-4] + "aaaa"
    return Doors(Rest(cast, programs), GraphQL(cast, programs), secret)


def played(share: float, play: Callable[..., None], **chosen: st.SearchStrategy[Any]) -> None:
    """Plays a part of its share of the pairs; by default always the same."""
    settings(
        max_examples=max(1, int(PAIRS * share / len(PARTS))), deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), derandomize="NEXUS_TEST_PAIRS" not in os.environ,
    )(given(**chosen)(play))()  # fmt: skip


# --- Reads ----------------------------------------------------------------------------------------------------------

#: What GraphQL answers as null, or in a hub's own list as nothing at all, since a refusal would say that there is something.
UNSEEN = {"not_found", "denied", "insufficient_scope", "archived"}
#: What is wrong with the form of a request. Each door finds some of it before it asks for rights, whatever the hub, and the
#: domain the rest behind them: so one of the two may say this where the other says what else is wrong, and both refuse.
FORM = {"invalid", "text_too_large", "invalid_text", "invalid_path", "malformed", "invalid_query", "query_too_costly"}
_NAMES = {"kind", "visibility", "role", "offWhy"}


class Read(NamedTuple):
    """Something that both doors show. fields: as GraphQL names them, `name=its name by REST`."""

    address: str
    field: str
    fields: str
    #: What may be asked besides, by both: its name by REST, by GraphQL, and its values.
    asked: dict[str, tuple[str, list[Any]]] = {}  # noqa: RUF012  never changed
    #: Whether the one orders them as the other does.
    is_ordered: bool = True


HUB = "id slug title visibility sequence archivedAt createdAt"
PERSON = "handle name"
KINDS = (None, "technology", "concept", "challenge", "practice", "project")
SEARCHES = [
    "notes", "docker", "kind:challenge", "OSError: [Errno 98] Address already in use", "", "x" * 300, "hub:cohort notes",
    "person:lea", "nothing at all like that", '"read me"', "Redis OR", "\u202e*",
]  # fmt: skip
#: Of the reads at the top of GraphQL and of the lists of a hub; {hub} is the one that is asked about.
READS: dict[str, Read] = {
    "hub": Read("hubs/{hub}", "hub(slug)", HUB),
    "hubs": Read("hubs", "hubs", HUB),
    "pages": Read("hubs/{hub}/pages", "hub.pages", "id path kind title versionId=version number=change author.handle "
                  "author.name size version.number=number version.size=size change.createdAt=updated_at",
                  {"kind": ("kind", ["page", "file"])}),
    "entries": Read("hubs/{hub}/entries", "entries(hub)",
                    "id hub.slug=hub kind title problem cause solution errorText start end confidence reason week day since "
                    "page.id=page page.path=path version.id=version person.handle person.name",
                    {"kind": ("kind", list(KINDS)), "topic": ("topic", [None, "docker", "celery", "no-such"]),
                     "person": ("person", [None, "lea", "leo", "charlie"]), "status": ("status", [None, "solved", "open"])}),
    "topics": Read("hubs/{hub}/topics", "hub.topics", "slug name peopleCount=people entryCount=entries", is_ordered=False),
    "people": Read("hubs/{hub}/people", "hub.people", PERSON, is_ordered=False),
    "changes": Read("hubs/{hub}/changes", "changes(hub)",
                    "number=seq kind message author.handle author.name reverts.number=reverts createdAt",
                    {"author": ("person", [None, "lea", "leo", "mona"])}),
    "activity": Read("hubs/{hub}/activity", "activity(hub)", "verb=type seq at person.handle person.name",
                     is_ordered=False),
    "members": Read("hubs/{hub}/members", "members(hub)", "user=username name role since"),
    "invitations": Read("hubs/{hub}/invitations", "hub.invitations", "id role email uses used createdAt expiresAt"),
    "webhooks": Read("hubs/{hub}/webhooks", "hub.webhooks",
                     "id url events offSince offWhy after failingSince nextAt createdAt"),
    "search": Read("search", "search", "type kind id title.text=title snippet.text=snippet problem.text=problem "
                   "solution.text=solution path match isSolved hub.slug=hub person.handle=person",
                   {"q": ("query", SEARCHES), "kind": ("kind", [None, "challenge", "page", "nonsense"]),
                    "hub": ("hub", [None, *HUBS, "absent"])}),
}  # fmt: skip
LIMITS = (1, 2, 3, 10, 100, 0, 101, -1, 2**31 - 1, 2**31)


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def pairs_of(fields: str) -> list[tuple[str, str]]:
    """(as GraphQL names it, as REST does)."""
    return [(name, other or snake(name)) for name, _, other in (each.partition("=") for each in fields.split())]


def value_at(row: Any, way: str) -> Any:
    for name in way.split("."):
        row = row.get(name) if isinstance(row, dict) else row
    last = way.rpartition(".")[2]
    return None if row == "" or (isinstance(row, dict) and last not in row) else row


def plain(name: str, value: Any) -> Any:
    """A value as both can say it: moments as such, members of enumerations in small letters."""
    last = name.rpartition(".")[2]
    if isinstance(value, str) and (last.endswith("At") or last in ("since", "at", "offSince", "failingSince")):
        moment = datetime.datetime.fromisoformat(value)  # the stream tells milliseconds
        return moment.replace(microsecond=0) if last == "at" else moment
    return value.lower() if last in _NAMES and isinstance(value, str) else value


def selection(fields: str) -> str:
    """`a.b a.c d` as `a { b c } d`."""
    inside: dict[str, list[str]] = {}
    for name, _ in pairs_of(fields):
        first, _, rest = name.partition(".")
        inside.setdefault(first, []).extend([rest] if rest else [])
    return " ".join(f"{name} {{ {' '.join(parts)} }}" if parts else name for name, parts in inside.items())


class Seen(NamedTuple):
    """What was shown, and whether more follows; or why nothing was."""

    rows: list[dict[str, Any]] | None = None
    code: str = ""
    after: str | None = None


def seen_by_rest(door: Rest, who: str, read: Read, asked: dict[str, Any]) -> Seen:
    said = Caller(door.headers(who))("GET", read.address.format(hub=door.hub), **asked)
    told = said.json()
    if said.status_code != 200:
        return Seen(code=told["code"])
    found = told.get("results", [told])
    names = pairs_of(read.fields)
    return Seen([{name: plain(name, value_at(row, by_rest)) for name, by_rest in names} for row in found],
                after=told.get("next"))  # fmt: skip


def seen_by_graphql(door: GraphQL, who: str, read: Read, asked: dict[str, Any]) -> Seen:
    enums = {"kind": read.field != "search", "status": True}
    written = {
        name: value.upper() if enums.get(name) else json.dumps(value)
        for name, value in asked.items()
        if value is not None
    }
    field, names = read.field, pairs_of(read.fields)
    outer, _, inner = field.partition(".")
    fields = selection(read.fields)
    if inner:
        of = ", ".join(f"{name}: {value}" for name, value in written.items())
        query = f'{{ hub(slug: "{door.hub}") {{ {inner}{f"({of})" if of else ""} {{ {fields} }} }} }}'
    else:
        bare, _, hub = outer.partition("(")
        if hub:
            written[hub.strip(")")] = f'"{door.hub}"'
        of = f"({', '.join(f'{n}: {v}' for n, v in written.items())})" if written else ""
        is_list = "first" in asked
        fields = f"nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }}" if is_list else fields
        query = f"{{ {bare}{of} {{ {fields} }} }}"
    said = door.post(who, query)
    if "errors" in said:
        return Seen(code=said["errors"][0]["extensions"]["code"])
    told = next(iter(said["data"].values()))
    told = told[inner] if inner and told is not None else told
    if told is None:
        return Seen(code="not_found")
    after = (
        told["pageInfo"]["endCursor"]
        if isinstance(told, dict) and told.get("pageInfo", {}).get("hasNextPage")
        else None
    )
    found = told if isinstance(told, list) else told.get("nodes", [told])
    return Seen([{name: plain(name, value_at(row, name)) for name, _ in names} for row in found], after=after)


def in_any_order(found: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(map(repr, found))


def refused_alike(code: str, other: str) -> bool:
    return code == other or bool(code and other and FORM & {code, other})


def agree(read: Read, by_rest: Seen, by_graphql: Seen) -> str:
    """What was the matter with both ("" when it was shown); fails when they differ."""
    in_hub = "." in read.field
    if not by_graphql.code and (by_rest.code in UNSEEN or (in_hub and by_rest.code == "sign_in_required")):
        assert by_graphql.rows == [], (by_rest, by_graphql)
        return by_rest.code
    if not (by_rest.code in UNSEEN and by_graphql.code in UNSEEN):
        assert refused_alike(by_rest.code, by_graphql.code), (by_rest, by_graphql)
    if by_rest.rows is not None and by_graphql.rows is not None:
        if read.is_ordered:
            assert by_rest.rows == by_graphql.rows
        else:
            assert in_any_order(by_rest.rows) == in_any_order(by_graphql.rows)
    if not in_hub:
        assert (by_rest.after is None) == (by_graphql.after is None)
    return by_rest.code


def shows_the_same(doors: Doors) -> None:
    """What one shows the other shows; or neither shows anything."""
    outcomes: Counter[str] = Counter()

    def play(name: str, who: str, hub: str, limit: int, chosen: st.DataObject) -> None:
        read = READS[name]
        doors.at(hub)
        asked = {n: chosen.draw(st.sampled_from(values), label=n) for n, (_, values) in read.asked.items()}
        by_rest = {n: {"open": "unsolved"}.get(v, v) if n == "status" else v for n, v in asked.items() if v is not None}
        by_graphql = {read.asked[n][0]: v for n, v in asked.items()}
        if name != "hub":
            limit = 100 if not read.is_ordered and 0 < limit < 100 else limit
            by_rest["limit"] = by_graphql["first"] = limit
        told = seen_by_rest(doors.rest, who, read, by_rest), seen_by_graphql(doors.graphql, who, read, by_graphql)
        outcomes[agree(read, *told)] += 1
        if all(each.after for each in told):
            more = (
                seen_by_rest(doors.rest, who, read, by_rest | {"cursor": told[0].after}),
                seen_by_graphql(doors.graphql, who, read, by_graphql | {"after": told[1].after}),
            )
            outcomes[agree(read, *more)] += 1

    played(
        0.45, play, name=st.sampled_from(list(READS)), who=st.sampled_from(ACTORS), limit=st.sampled_from(LIMITS),
        hub=st.sampled_from([*HUBS, "oscars", "absent"]), chosen=st.data(),
    )  # fmt: skip
    assert outcomes[""] > sum(outcomes.values()) / 10, outcomes


PATHS = ["lea/notes.md", "README.md", "gone.md", "several/a.md", "absent.md", "lea", "readme.md"]


def shows_the_same_page(doors: Doors) -> None:
    """With its text, and the versions before."""
    about = READS["pages"].fields
    versions = "id number path kind isDeletion change.number=change.seq change.message change.author.handle"

    def play(who: str, hub: str, path: str) -> None:
        doors.at(hub)
        rest = Caller(doors.rest.headers(who))
        found = seen_by_rest(doors.rest, who, Read("hubs/{hub}/pages", "", about), {"path": path})
        asked = f'{{ page(hub: "{hub}", path: "{path}") {{ {selection(about)} text versions(first: 100) {{ %s }} }} }}'
        said = doors.graphql.post(who, asked % selection(versions).replace("author.handle", "author { handle }"))
        if found.code:
            if found.code in UNSEEN:
                assert said["data"]["page"] is None
            else:
                assert said["errors"][0]["extensions"]["code"] == found.code
            return
        page = said["data"]["page"]
        assert (page is None) == (found.rows == [])
        if page is None or not found.rows:
            return
        assert {name: plain(name, value_at(page, name)) for name, _ in pairs_of(about)} == found.rows[0]
        at = f"hubs/{hub}/pages/{page['id']}"
        assert rest("GET", f"{at}/text").content.decode() == page["text"]
        older = rest.get(f"{at}/versions", limit=100)["results"]
        for one, other in zip(older, page["versions"], strict=True):
            for name, by_rest in pairs_of(versions):
                assert plain(name, value_at(one, by_rest)) == plain(name, value_at(other, name))

    played(0.1, play, who=st.sampled_from(ACTORS), hub=st.sampled_from([*HUBS, "absent"]), path=st.sampled_from(PATHS))


# --- Writes ---------------------------------------------------------------------------------------------------------

SLUGS = st.sampled_from(["new", "a" * 63, "a" * 64, "cohort", "oscars", "api", "No Such", "", "x--y", "-x", "\u00e9"])
TITLES = st.sampled_from(["T", "x" * 200, "x" * 201, "", " ", " padded ", "two\nlines", "a\u202eb", "a\0b"])
VISIBILITIES = st.sampled_from(["private", "internal", "public", "secret"])
ROLE = st.sampled_from(["guest", "learner", "mentor", "owner", "pope"])
USERNAMES = st.sampled_from(["charlie", "lea", "alice", "gus", "rita", "nobody-of-that-name"])
TARGETS = st.sampled_from([
    "new.md", "lea/new.md", "README.md", "lea", "lea/notes.md/x.md", "../up.md", "/up.md", "a//b.md", "", " ", "x" * 1025,
    "\u00e9" * 513, " padded.md ", "new.bin", "CON", "a\0b.md", "a\nb.md", "gone.md", "readme.md",
])  # fmt: skip
SOURCES = st.sampled_from(["lea/notes.md", "leo/notes.md", "README.md", "gone.md", "several/a.md", "absent.md"])
TEXTS = st.sampled_from(["", "# New\n", "x\r\ny", " padded ", "a\0b", "\ufeffx", "x" * 2_000_000, "x" * 2_000_001])
MESSAGES = st.sampled_from(["", "why", "x" * 1000, "x" * 1001, " padded ", "two\nlines", "a\0b"])
URLS = st.sampled_from([
    "https://example.org/x", "http://example.org/x", "https://127.0.0.1/x", "https://[::1]/", "ftp://example.org", "",
    " https://example.org/x ", "https://example.org/" + "x" * 1010, "https://user:pass@example.org/", "no address",
])  # fmt: skip
EVENTS = st.sampled_from(
    [[], ["change.*"], ["change.edit", "hub.*"], ["nothing.*"], [""], ["change.edit"] * 60, ["x" * 41]]
)
NUMBERS = st.sampled_from([None, 1, 2, 99, 0, -1, 2**31])
BASES = st.sampled_from(["newest", "first", "random"])
_STEPS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"verb": st.just("create"), "path": TARGETS, "text": st.sampled_from(["# A\n", ""])}),
        st.fixed_dictionaries({"verb": st.just("move"), "path": SOURCES, "target": TARGETS}),
        st.fixed_dictionaries({"verb": st.just("delete"), "path": SOURCES}),
    ),
    max_size=3,
)
_WEBHOOK = st.sampled_from(["$webhook", "$random"])
#: By the name of the action; what begins with "$" is what stands there in the hub that is written to.
WRITES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "create_hub": {"slug": SLUGS, "title": TITLES, "visibility": VISIBILITIES},
    "update_hub": {"title": TITLES, "visibility": VISIBILITIES},
    "archive_hub": {"archived": st.booleans()},
    "set_member": {"username": USERNAMES, "role": ROLE},
    "remove_member": {"username": USERNAMES},
    "invite_member": {
        "role": ROLE, "email": st.sampled_from(["", "x@example.org", "no address", " ", "x" * 260 + "@example.org"]),
        "uses": st.sampled_from([1, 2, 0, -1, 10**6, 2**31]), "days": st.sampled_from([1, 90, 0, 91, 14]),
    },
    "accept_invitation": {"token": st.sampled_from(["$secret", "nxi_nothing", "", "x" * 201])},
    "revoke_invitation": {"id": st.sampled_from(["$invitation", "$random"])},
    "create_webhook": {"url": URLS, "events": EVENTS},
    "update_webhook": {"id": _WEBHOOK, "url": URLS, "events": EVENTS, "enabled": st.booleans()},
    "delete_webhook": {"id": _WEBHOOK},
    "rotate_webhook_secret": {"id": _WEBHOOK},
    "ping_webhook": {"id": _WEBHOOK},
    "redeliver_event": {
        "webhook": _WEBHOOK, "id": st.sampled_from(["$delivery", "$random"])
    },
    "create_page": {"path": TARGETS, "text": TEXTS, "message": MESSAGES},
    "edit_page": {"path": SOURCES, "text": TEXTS, "base": BASES, "merge": st.booleans(), "message": MESSAGES},
    "move_page": {"source": SOURCES, "target": TARGETS, "base": BASES, "message": MESSAGES},
    "delete_page": {"path": SOURCES, "base": BASES, "message": MESSAGES},
    "change_pages": {"steps": _STEPS, "message": MESSAGES},
    "restore_page": {"path": SOURCES, "number": NUMBERS, "message": MESSAGES},
    "revert_change": {"path": st.sampled_from(["README.md", "gone.md", "several/a.md"]), "message": MESSAGES},
}  # fmt: skip


def named(doors: Doors, hub: str, sent: dict[str, Any]) -> dict[str, Any]:
    """What is sent, with ids of what is in the hub."""
    ids = {
        "$secret": doors.secret, "$random": str(uuid7()),
        "$webhook": Webhook.objects.filter(hub__slug=hub).values_list("pk", flat=True).first(),
        "$delivery": Delivery.objects.filter(webhook__hub__slug=hub).values_list("pk", flat=True).first(),
        "$invitation": Invitation.objects.filter(hub__slug=hub).values_list("pk", flat=True).first(),
    }  # fmt: skip
    found = {name: str(ids[value] or uuid7()) if value in ids else value for name, value in sent.items()
             if not isinstance(value, list | dict)}  # fmt: skip
    sent = sent | found
    if "base" in sent:
        page = doors.rest.page(sent.get("path") or sent["source"])
        first = page.versions.order_by("number").first() if page else None
        sent["base"] = str({"newest": page and page.head_id, "first": first and first.pk}.get(sent["base"]) or uuid7())
    return sent


def is_absent(door: Rest, deed: str, sent: dict[str, Any]) -> bool:
    """Whether the page that a deed is about is not there, or for all but bringing it back: not any more."""
    if deed not in ("edit_page", "move_page", "delete_page", "restore_page"):
        return False
    page = door.page(sent.get("path") or sent["source"])
    return page is None or (deed != "restore_page" and not page.is_live)


def refuses_the_same(doors: Doors) -> None:
    """What one refuses the other refuses, with the same code; and what both do leaves the same rows."""
    outcomes: Counter[str] = Counter()

    def play(deed: str, who: str, hub: str, chosen: st.DataObject) -> None:
        doors.at(hub)
        sent = named(doors, hub, chosen.draw(st.fixed_dictionaries(WRITES[deed]), label=deed))
        if deed == "revert_change" and doors.rest.page(sent["path"]) is None:
            return  # nothing has a number there
        told = []
        for door in (doors.rest, doors.graphql):
            with transaction.atomic():
                told.append((getattr(door, deed)(who, **sent), rows()))
                transaction.set_rollback(True)
        (code, left), (other, left_by_other) = told
        if code == "not_found" and is_absent(doors.rest, deed, sent):
            assert other  # REST names a page by its id, so that it finds none before it asks for the right to write
        else:
            assert refused_alike(code, other), (code, other)
        assert left == left_by_other
        outcomes[code] += 1

    played(
        0.45, play, deed=st.sampled_from(list(WRITES)), who=st.sampled_from((*ACTORS, *["alice"] * 3, "lea", "lea")),
        hub=st.sampled_from([*HUBS, "cohort", "open", "absent"]), chosen=st.data(),
    )  # fmt: skip
    assert outcomes[""] > sum(outcomes.values()) / 30, outcomes


#: Pairs that were told apart once.
ONCE: list[tuple[str, str, dict[str, Any]]] = [
    ("create_hub", "alice", {"slug": "a" * 63, "title": " ", "visibility": "private"}),
    ("update_hub", "alice", {"title": " "}),
    ("invite_member", "alice", {"role": "mentor", "email": "x" * 260 + "@example.org", "uses": 1, "days": 1}),
    ("restore_page", "mona", {"path": "leo/notes.md", "number": 0, "message": ""}),
]


@pytest.mark.parametrize(("deed", "who", "sent"), ONCE)
def test_what_was_told_apart_once_is_refused_alike(doors: Doors, deed: str, who: str, sent: dict[str, Any]) -> None:
    doors.at("cohort")
    code, other = (getattr(door, deed)(who, **sent) for door in (doors.rest, doors.graphql))
    assert code
    assert refused_alike(code, other), (code, other)


@pytest.mark.parametrize("part", PARTS)
def test_both_doors_say_the_same(part: int, doors: Doors) -> None:
    for plays in (shows_the_same, shows_the_same_page, refuses_the_same):
        plays(doors)
