"""S1 to S4: nothing of a private hub leaves by any door, no door is forgotten, nobody changes what is not theirs, and what
one may not see is answered like what does not exist (shared/research/security.md §4)."""

import datetime
import hashlib
import re
import uuid
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver
from tests.conftest import PASSWORD, make_hub
from typer.testing import CliRunner

from nexus.accounts.models import BrowserSession
from nexus.base import clock
from nexus.exchange import connecting, jobs, webhooks
from nexus.exchange.models import Job, Webhook
from nexus.hubs import actions as hubs
from nexus.hubs.activity import nudge
from nexus.hubs.models import AuditEntry, Hub, Invitation
from nexus.knowledge.models import Entry
from nexus.ops.cli.commands import tree
from nexus.pages import actions, shares
from nexus.pages.models import Change, Share, Version
from nexus.search.models import Findable
from nexus.web.chapters import BY_KIND, BY_SLUG

pytestmark = pytest.mark.security

CANARY = "kanarienvogel"
app = tree([])
READERS = ["alice", "mona", "lea", "leo", "gus"]
OUTSIDERS = ["charlie", "rita", "oscar", "adele", "suspended", "anonymous"]
#: Who came by a link to a folder that holds no canary: one that is good, was revoked, is over, asks for a password.
VISITORS = ["good", "revoked", "over", "locked"]
#: The secrets of these links, by who came by them.
LINKS: dict[str, str] = {}
LENT, LENT_PAGE = "lent", "lent/note.md"
SECRET_PATHS = {
    "page": f"{CANARY}-folder/{CANARY}-page.md",
    "readme": "README.md",
    "file": f"{CANARY}-folder/{CANARY}.bin",
    "folder": f"{CANARY}-folder",
    "deleted": f"{CANARY}-deleted.md",
}


@dataclass
class Victim:
    """Alice's private hub with the canary in every field that somebody can write."""

    slug: str = "victim"
    absent: str = "nobodys"


@pytest.fixture
def victim(cast) -> Victim:
    place = Victim()
    make_hub(cast, place.slug, "private")
    hubs.update_hub(cast.alice, place.slug, title=f"{CANARY} title")
    text = (
        f"---\ntitle: {CANARY} matter\ntags: [{CANARY}]\n---\n# {CANARY}\n\n## Challenges\n\n- **Challenge:** {CANARY}\n\n"
        f"## Technologies\n\n- **{CANARY}**: {CANARY}\n\n## Week 2\n\n### Best practices\n\n- Always {CANARY} first\n"
    )
    for key in ("page", "readme", "deleted"):
        actions.create_page(cast.lea, place.slug, SECRET_PATHS[key], text.encode(), message=f"{CANARY} message")
    actions.create_page(cast.lea, place.slug, SECRET_PATHS["file"], b"\xff\x00" + CANARY.encode())
    actions.delete_page(cast.lea, place.slug, SECRET_PATHS["deleted"])
    hubs.invite_member(cast.alice, place.slug, "learner", email=f"{CANARY}@example.org")
    connecting.connect_source(cast.alice, place.slug, f"https://{CANARY}.example/notes.git", branch=CANARY)
    jobs.start_import(cast.lea, place.slug, f"https://{CANARY}.example/more.git")
    shares.create_share(cast.alice, place.slug, SECRET_PATHS["folder"])
    webhooks.create_webhook(cast.alice, place.slug, f"https://{CANARY}.example/")
    lend(cast, place)
    hubs.create_hub(cast.oscar, "oscars", title="Oscar's own")
    make_hub(cast, "open", "public")
    actions.create_page(
        cast.lea, "open", "README.md", f"# Open\n\n[[{CANARY}]] [x](../{place.slug}/README.md)\n".encode()
    )
    for hub in Hub.objects.all():
        nudge(hub.pk)
    admin, suspended = cast.user("adele"), cast.user("suspended")
    admin.is_administrator, suspended.is_active = True, False
    admin.save()
    suspended.save()
    for each in Hub.objects.all():  # the tests' own transaction never commits, so nobody nudged the indexes
        nudge(each.pk)
    return place


def lend(cast, place: Victim) -> None:
    """A folder without a canary, and a link to it for each of VISITORS."""
    text = b"# Lent\n\n[a](../README.md) ![b](../README.md) [[README]] ![[README]]\n"
    actions.create_page(cast.lea, place.slug, LENT_PAGE, text, message=f"{CANARY} message")
    made = {
        name: shares.create_share(cast.mona, place.slug, LENT, password=PASSWORD if name == "locked" else "")
        for name in VISITORS
    }
    shares.revoke_share(cast.mona, place.slug, made["revoked"].share.pk)
    over = clock.now() - datetime.timedelta(seconds=1)
    Share.objects.filter(pk=made["over"].share.pk).update(expires_at=over)
    LINKS.update({name: each.token for name, each in made.items()})


def named_patterns(resolver: URLResolver | None = None, prefix: str = "") -> dict[str, str]:
    """Every address Nexus answers: route by name."""
    found = {}
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            found[str(pattern.name or pattern.lookup_str)] = route
        else:
            found |= named_patterns(pattern, route)
    return found


def parts_of_addresses() -> dict[str, list[str]]:
    """What is put in the place of each part of a route: the victim's own ids and names."""
    found = Entry.objects.filter(hub__slug=Victim.slug)
    return {
        "<file:path>": list(SECRET_PATHS.values()),
        "<file:folder>": [SECRET_PATHS["folder"]],
        "<topic:topic>": [CANARY],
        "<slug:handle>": ["lea", "alice"],
        "<chapter:chapter>": list(BY_SLUG),
        "<kind:kind>": list(BY_KIND),
        "<int:start>": [str(start) for start in set(found.values_list("start", flat=True))],
        "<int:seq>": [str(seq) for seq in Change.objects.filter(hub__slug=Victim.slug).values_list("seq", flat=True)],
        "<uuid:job>": [str(pk) for pk in Job.objects.filter(hub__slug=Victim.slug).values_list("pk", flat=True)],
        "<uuid:version>": [
            str(v) for v in Version.objects.filter(page__hub__slug=Victim.slug).values_list("pk", flat=True)
        ],
        "<uuid:share>": [str(each.pk) for each in Share.objects.filter(hub__slug=Victim.slug)],
        "<uuid:webhook>": [str(each.pk) for each in Webhook.objects.filter(hub__slug=Victim.slug)],
        "<uuid:invitation>": [str(each.pk) for each in Invitation.objects.filter(hub__slug=Victim.slug)],
        "<entry:entry_id>": [f"{pk}-{CANARY}" for pk in found.values_list("pk", flat=True)],
    }


def filled(route: str, values: dict[str, str]) -> str:
    """The route with its parts in place."""
    for part, value in values.items():
        route = route.replace(part, value)
    return route


def addresses(hub: str) -> list[tuple[str, str]]:
    """(name of the pattern, address) for everything one can ask about a hub by its address."""
    asked = []
    parts = parts_of_addresses()
    for name, route in named_patterns().items():
        if "<hub:hub>" not in route:
            continue
        here = {part: values for part, values in parts.items() if part in route}
        first = {part: values[0] for part, values in here.items()}
        # Each value of each part once, beside the first of the others: their product says no more and takes minutes.
        chosen = [first, *(first | {part: value} for part, values in here.items() for value in values[1:])]
        variants = [filled("/" + route.replace("<hub:hub>", hub), each) for each in chosen]
        asked += [(name, address) for address in variants]
    return asked


#: Addresses that belong to no hub: each is asked too, and must not name one.
GENERAL = [
    "/",
    "/-/sandbox",
    "/search?q=title",
    "/show-me",
    "/show-me/keep",
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
    "/nowhere",
    "/invitations",
    "/invitations/nxi_unknown",
    "/open/",
    "/open/pages/README.md",
    f"/topics/{CANARY}",
    f"/open/topics/{CANARY}",
    "/open/people",
    "/robots.txt",
    "/sitemap.xml",
    *(
        f"{place}/{chapter}"
        for place in ("/chapters", "/open", "/people/lea", "/open/people/lea")
        for chapter in BY_SLUG
    ),
    "/people/lea",
    "/people/alice",
    "/open/people/lea",
    "/open/people/lea?week=2",
]


def borrowed() -> list[str]:
    """Addresses elsewhere that name the victim's entries."""
    ids = Entry.objects.filter(hub__slug=Victim.slug).values_list("pk", flat=True)
    return [
        f"/{place}{pk}"
        for pk in ids
        for place in ("open/challenges/", "open/challenges?after=", "chapters/practices?after=")
    ]


def sign_in(client, cast, name: str) -> None:
    client.logout()
    if name in VISITORS:
        client.get(f"/shared/{LINKS[name]}")
    elif name != "anonymous":
        cast.user(name)
        client.login(username=name, password=PASSWORD)


def everything(response) -> str:
    """All bytes of an answer, headers too, without what is drawn at random."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    text = content.decode("utf-8", "replace")
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    headers = "\n".join(f"{k}: {v}" for k, v in sorted(response.headers.items()) if k != "X-Request-ID")
    cookies = "\n".join(f"{k}" for k in sorted(response.cookies))
    return f"{response.status_code}\n{headers}\n{cookies}\n\n{text}"


def test_every_hub_address_is_probed(victim):
    """S2: an address that names a hub and takes anything the matrix does not know fails here."""
    routes = [route for route in named_patterns().values() if "<hub:hub>" in route]
    assert routes
    for route in routes:
        assert set(re.findall(r"<[^>]+>", route)) <= {"<hub:hub>", *parts_of_addresses()}, route


@pytest.mark.parametrize("name", OUTSIDERS + VISITORS)
def test_nothing_private_leaves_and_nothing_tells_that_it_exists(cast, client, victim, name):
    """S1, S4: no canary in any byte; the answer is that for a hub that does not exist, to the byte."""
    sign_in(client, cast, name)
    for (_, address), (_, absent) in zip(addresses(victim.slug), addresses(victim.absent), strict=True):
        for method in ("get", "head", "options", "post", "put", "patch", "delete"):
            seen = everything(getattr(client, method)(address, headers={"If-None-Match": "*"}))
            unseen = everything(getattr(client, method)(absent, headers={"If-None-Match": "*"}))
            assert CANARY not in seen, (method, address)
            assert seen == unseen.replace(victim.absent, victim.slug), (method, address)
    for address in [*GENERAL, *borrowed()]:
        said = everything(client.get(address))
        assert CANARY not in said.replace(f"[[{CANARY}]]", "").replace(f">{CANARY}</a>", "").replace(
            f"/open/pages/{CANARY}", ""
        ), address


def of_links(token: str, path: str) -> list[str]:
    """Every address that takes the secret of a share link, with that path where it takes one."""
    routes = [route for route in named_patterns().values() if "<str:token>" in route and route.startswith("shared/")]
    assert len(routes) >= 3
    return [filled("/" + route, {"<str:token>": token, "<file:path>": path}) for route in routes]


#: What a link does not lead to: what is there, beside it, around it, and by a way out of it.
NOT_LENT = [
    *SECRET_PATHS.values(), "lent2", "len", "lent/../README.md", "lent/%2e%2e/README.md", f"lent/../{SECRET_PATHS['page']}",
    f"lent//../{SECRET_PATHS['page']}", "lent%2f..%2fREADME.md", "lent/./../README.md",
]  # fmt: skip
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")


@pytest.mark.parametrize("name", VISITORS)
def test_a_link_shows_what_it_shares_and_nothing_tells_of_more(cast, client, victim, name):
    """S1, S4, S10: whatever is asked for by a link, in any way, no canary comes; and of two paths that are not shared
    nothing tells which is there."""
    token = LINKS[name]
    sign_in(client, cast, name)
    for path in [LENT, LENT_PAGE, *NOT_LENT]:
        for method in METHODS:
            for address in of_links(token, path):
                assert CANARY not in everything(getattr(client, method)(address)), (method, address)
    absent = "nowhere/at-all.md"
    for path in NOT_LENT:
        for address, elsewhere in zip(of_links(token, path), of_links(token, absent), strict=True):
            said, unsaid = (everything(client.get(each)) for each in (address, elsewhere))
            assert said == unsaid, address


@pytest.mark.parametrize("name", ["revoked", "over"])
def test_a_link_that_holds_no_more_is_as_one_that_never_was(cast, client, victim, name):
    """S4, S10: whoever came by it while it held gets no more than who made a secret up."""
    token, unknown = LINKS[name], "nxs_" + "x" * (len(LINKS[name]) - 4)
    for who in (name, "good"):
        sign_in(client, cast, who)
        for path in [LENT, LENT_PAGE, *NOT_LENT]:
            for method in METHODS:
                for address, elsewhere in zip(of_links(token, path), of_links(unknown, path), strict=True):
                    said, unsaid = (everything(getattr(client, method)(each)) for each in (address, elsewhere))
                    assert said.replace(token, unknown) == unsaid, (method, address)


def test_a_link_with_a_password_shows_the_question_alone(cast, client, victim):
    """S10: the same for what is shared, for what is not, and for what is nowhere."""
    sign_in(client, cast, "locked")
    token = LINKS["locked"]
    answers = {
        everything(client.get(each))
        for path in (LENT_PAGE, "README.md", "nowhere.md")
        for each in of_links(token, path)[1:]
    }
    assert len(answers) == 1
    assert "Lent" not in everything(client.get(f"/shared/{token}"))


def test_a_link_that_is_good_shows_what_it_shares(cast, client, victim):
    """What the tests above would miss if it were shut."""
    sign_in(client, cast, "good")
    assert all("Lent" in everything(client.get(each)) for each in of_links(LINKS["good"], LENT_PAGE))


@pytest.mark.parametrize("name", READERS)
def test_the_canary_is_there_for_those_who_may_read(cast, client, victim, name):
    """What the test above would find if it leaked."""
    sign_in(client, cast, name)
    found = [address for _, address in addresses(victim.slug) if CANARY in everything(client.get(address))]
    assert len(found) >= 25


# --- Searching: by words that are not echoed, so that any canary in the answer has leaked ----------------------------

SEARCHES = [
    "title", "matter", "message", "kind:challenge", "kind:page", "kind:file", "kind:person", "kind:hub", "kind:topic", "lea",
    "leo", "README", "person:lea", "victim", "hub:victim title", "page.md", "oscar",
]  # fmt: skip


def found_by(client, cast, name: str, query: str, hub: str = "") -> list[str]:
    """The page and the palette's list, as one body each."""
    sign_in(client, cast, name)
    asked = {"q": query, "hub": hub}
    return [everything(client.get("/search", asked, headers=headers)) for headers in ({}, {"HX-Request": "true"})]


@pytest.mark.parametrize("name", OUTSIDERS + VISITORS)
def test_search_finds_and_counts_nothing_private(cast, client, victim, name):
    """S1, S4 for hits, counts, snippets, facets, the page and the palette's list."""
    before = {query: found_by(client, cast, name, query) for query in SEARCHES}
    allowed = f"Open {CANARY} x"  # the text of a page that anybody may read
    assert not [query for query, bodies in before.items() if CANARY in "".join(bodies).replace(allowed, "")]
    for query in ("", "title", "kind:page"):
        inside, nowhere = (found_by(client, cast, name, query, hub) for hub in (victim.slug, "absent"))
        # Slugs of one length, since they are echoed and the answer's length is a header.
        assert inside == [body.replace("absent", victim.slug) for body in nowhere]
    Findable.objects.filter(hub__slug=victim.slug).delete()  # as if nothing had ever been written there
    Entry.objects.filter(hub__slug=victim.slug).update(is_present=False)
    assert {query: found_by(client, cast, name, query) for query in SEARCHES} == before


@pytest.mark.parametrize("name", READERS)
def test_search_finds_the_canary_for_those_who_may_read(cast, client, victim, name):
    """What the test above would find if it leaked."""
    found = [query for query in SEARCHES if CANARY in "".join(found_by(client, cast, name, query))]
    assert len(found) >= 9, found


# --- The terminal's door: the same matrix by `--as` -----------------------------------------------------------------


def cli_reads(hub: str) -> list[list[str]]:
    page = SECRET_PATHS["page"]
    return [
        ["page", "cat", hub, page],
        ["page", "cat", hub, page, "--version", "1"],
        ["page", "log", hub, page],
        ["page", "log", hub, page, "--json"],
        ["page", "diff", hub, page],
        ["page", "blame", hub, page],
        ["page", "trash", hub],
        ["since", hub],
        ["since", hub, "--days", "7", "--diff"],
        ["since", hub, "--from", "0", "--json"],
        ["change", "list", hub],
        ["change", "list", hub, "--path", page, "--json"],
        ["source", "show", hub],
        ["hub", "invitations", hub],
        ["share", "list", hub],
        ["hub", "audit", hub],
        ["hub", "suspects", hub],
        ["hub", "list"],
        ["hub", "list", "--json"],
        ["search", CANARY],
        ["search", CANARY, "--json"],
        ["search", "kind:challenge"],
        ["search", "lea", "--hub", hub, "--json"],
    ]


def cli_writes(hub: str, file: str) -> list[list[str]]:
    page = SECRET_PATHS["page"]
    return [
        ["page", "put", hub, page, file],
        ["page", "put", hub, page, file, "--merge"],
        ["page", "put", hub, "new.md", file],
        ["page", "mv", hub, page, "elsewhere.md"],
        ["page", "rm", hub, page],
        ["page", "purge", hub, page, "--confirm", hub],
        ["page", "restore", hub, SECRET_PATHS["deleted"]],
        ["page", "restore", hub, page, "--version", "1"],
        ["change", "revert", hub, "9"],
        ["seen", hub],
        ["seen", hub, page],
        ["source", "connect", hub, "https://example.org/mine.git"],
        ["source", "pull", hub],
        ["source", "secret", hub],
        ["source", "disconnect", hub],
        ["hub", "set", hub, "--title", "mine"],
        ["hub", "set", hub, "--visibility", "public"],
        ["hub", "member", hub, "charlie", "--role", "owner"],
        ["hub", "member", hub, "alice", "--remove"],
        ["hub", "invite", hub, "--role", "learner"],
        ["hub", "rename", hub, "mine"],
        ["hub", "transfer", hub, "lea"],
        ["hub", "archive", hub],
        ["hub", "delete", hub, "--confirm", hub],
        ["hub", "restore", hub],
        ["hub", "purge", hub],
        ["share", "create", hub, page],
        ["share", "create", hub, page, "--reviewed", "all"],
        ["hub", "review", hub, "0" * 32],
        ["share", "revoke", hub, str(Share.objects.values_list("pk", flat=True).first() or uuid.uuid4())],
        ["hub", "uninvite", hub, str(Invitation.objects.values_list("pk", flat=True).first() or uuid.uuid4())],
    ]


#: Commands that ask nothing of a hub as somebody (tested where they are), so that the matrix names them all.
CLI_ELSEWHERE = {
    "manage", "user create", "user list", "user password", "hub create", "hub list", "import", "export", "parse", "reindex",
    "serve", "doctor", "backup", "restore", "user activate", "user deactivate", "user administrator", "user reset-link",
    "user quota",
    "user sign-out", "user claim", "token create", "token list", "token revoke", "hub enter", "hub quota",
}  # fmt: skip


def test_every_command_is_probed(victim):
    """S2 for the terminal."""
    import typer

    group = typer.main.get_command(app)
    commands = set()
    for name, command in group.commands.items():
        subs = getattr(command, "commands", None)
        commands |= {f"{name} {sub}" for sub in subs} if subs else {name}
    calls = [*cli_reads("x"), *cli_writes("x", "f")]
    probed = {" ".join(call[:2]) for call in calls} | {call[0] for call in calls}
    assert commands - CLI_ELSEWHERE <= probed


#: What is written down about a refusal, and about being here, is no change of anything.
KEPT_ASIDE = (AuditEntry, BrowserSession)


def digest() -> str:
    """All rows of all tables of the domain."""
    sha = hashlib.sha256()
    for model in apps.get_models():
        if model._meta.app_label in {"accounts", "hubs", "pages", "knowledge", "exchange", "search"}:
            if model in KEPT_ASIDE:
                continue
            for row in model._default_manager.order_by("pk").values_list():
                sha.update(repr(row).encode())
    return sha.hexdigest()


@pytest.mark.parametrize("name", ["charlie", "rita", "oscar", "adele"])
def test_nobody_reads_or_changes_by_the_terminal_what_is_not_theirs(cast, victim, name, tmp_path):
    """S1, S3, S4 with --as."""
    cast.user(name)
    file = tmp_path / "mine.md"
    file.write_text("mine")
    runner = CliRunner()
    for read, absent in zip(cli_reads(victim.slug), cli_reads(victim.absent), strict=True):
        said, unsaid = (runner.invoke(app, [*call, "--as", name]) for call in (read, absent))
        # What anybody may read in the hub `open` may be found.
        assert CANARY not in said.output.replace(SECRET_PATHS["page"], "").replace(f"Open {CANARY} x", ""), read
        assert (said.exit_code, said.output) == (unsaid.exit_code, unsaid.output), read
    # Store the outsider's text beforehand: a refused write may leave an unnamed blob, but never a row that says anything.
    actions.create_page(cast.operator, "open", "mine.md", b"mine")
    before = digest()
    for write, absent in zip(cli_writes(victim.slug, str(file)), cli_writes(victim.absent, str(file)), strict=True):
        said, unsaid = (runner.invoke(app, [*call, "--as", name]) for call in (write, absent))
        assert said.exit_code == 1, (write, said.output)
        assert said.output == unsaid.output, write
    assert digest() == before


def test_a_guest_reads_and_changes_nothing(cast, victim, tmp_path):
    """S3: the role below writing."""
    file = tmp_path / "mine.md"
    file.write_text("mine")
    runner = CliRunner()
    actions.create_page(cast.operator, "open", "mine.md", b"mine")
    cast.user("charlie")
    assert runner.invoke(app, ["page", "cat", victim.slug, SECRET_PATHS["page"], "--as", "gus"]).exit_code == 0
    before = digest()
    for write in cli_writes(victim.slug, str(file)):
        if write[0] == "seen":  # it is theirs alone
            continue
        result = runner.invoke(app, [*write, "--as", "gus"])
        assert result.exit_code == 1, (write, result.output)
    assert digest() == before


def test_a_suspended_account_can_do_nothing(cast, victim):
    result = CliRunner().invoke(app, ["page", "cat", victim.slug, SECRET_PATHS["page"], "--as", "suspended"])
    assert result.exit_code == 1
