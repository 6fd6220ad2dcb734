"""S1 to S4 and S8 over REST: nothing of a private hub leaves, nothing tells that it exists, nobody changes what is not
theirs, and every list shows what its details show."""

import json
import re
import uuid

import pytest
from tests.api.rest.conftest import Caller, api  # noqa: F401  a fixture
from tests.security.test_canary import CANARY, OUTSIDERS, READERS, digest, victim  # noqa: F401  a fixture

from nexus.api.rest.urls import urlpatterns
from nexus.exchange import jobs
from nexus.exchange.models import Delivery, Job, Webhook
from nexus.hubs.models import Invitation
from nexus.knowledge.models import Entry
from nexus.pages.models import Change, Page, Share

pytestmark = pytest.mark.security

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
#: A body for each resource that takes one, by the end of its route: what would be done if it were allowed.
BODIES = {
    "pages": {"path": "planted.md", "text": "planted"},
    "text": b"planted",
    "restore": {},
    "invitations": {"role": "learner"},
    "imports": {"address": "https://example.org/x.git"},
    "exports": {},
    "revert": {},
    "entries": {"path": "planted.md", "kind": "practice", "title": "planted"},
    "answers": {
        "path": "planted.md",
        "answers": [{"entry": str(uuid.UUID(int=1)), "part": "cause", "text": "planted"}],
    },
    "decision": {"verdict": "not_this"},
    "changes": {"steps": [{"verb": "create", "path": "planted.md", "text": "planted"}]},
    "<str:username>": {"role": "owner"},
    "<str:hub>": {"title": "planted"},
    "<uuid:page_id>": {"path": "planted.md"},
    "source": {"url": "https://example.org/planted.git"},
    "shares": {"path": "README.md"},
    "purges": {"path": "README.md", "confirm": "planted"},
    "preview": {"path": "README.md"},
    "transfer": {"username": "lea"},
    "webhooks": {"url": "https://example.org/planted"},
    "<uuid:webhook_id>": {"url": "https://example.org/planted"},
}


@pytest.fixture(autouse=True)
def _an_export_of_everything(cast, victim):  # noqa: F811
    """What somebody who may read had written out, and to whom its owner has it told."""
    jobs.start_export(cast.lea, victim.slug, "json")
    while jobs.run_next():
        pass


def routes() -> list[str]:
    return [str(each.pattern) for each in urlpatterns if "<str:hub>" in str(each.pattern)]


def values() -> dict[str, list[str]]:
    """What is put in the place of each part of a route: the victim's own."""
    pages = Page.objects.filter(hub__slug="victim").order_by("pk")
    entries = Entry.objects.filter(hub__slug="victim").order_by("pk")
    return {
        "<uuid:page_id>": [str(page.pk) for page in pages],
        "<uuid:entry_id>": [str(entry.pk) for entry in entries[:3]],
        "<int:seq>": [str(seq) for seq in Change.objects.filter(hub__slug="victim").values_list("seq", flat=True)[:3]],
        "<uuid:job_id>": [str(pk) for pk in Job.objects.filter(hub__slug="victim").values_list("pk", flat=True)],
        "<uuid:webhook_id>": [str(pk) for pk in Webhook.objects.values_list("pk", flat=True)],
        "<uuid:delivery_id>": [str(pk) for pk in Delivery.objects.values_list("pk", flat=True)],
        "<uuid:share_id>": [str(each.pk) for each in Share.objects.filter(hub__slug="victim")],
        "<uuid:invitation_id>": [str(each.pk) for each in Invitation.objects.filter(hub__slug="victim")],
        "<int:number>": ["1"], "<str:topic>": [CANARY], "<str:handle>": ["lea", "alice"], "<str:username>": ["lea"],
    }  # fmt: skip


def addresses(hub: str) -> list[tuple[str, str]]:
    """(route, address) of everything one can ask about a hub."""
    made = []
    parts = values()
    for route in routes():
        options = [""]
        for part in re.findall(r"<[^>]+>", route):
            options = [f"{o}\0{v}" for o in options for v in ([hub] if part == "<str:hub>" else parts[part])]
        for option in options:
            chosen = iter(option.split("\0")[1:])
            made.append((route, re.sub(r"<[^>]+>", lambda _: next(chosen), route)))  # noqa: B023  used at once
    return made


def ask(caller: Caller, method: str, route: str, address: str) -> str:
    """All bytes of an answer, headers too, without what is drawn at random or counts."""
    body = BODIES.get(route.rsplit("/", 1)[-1], {}) if method in {"POST", "PUT", "PATCH"} else None
    version = Page.objects.filter(hub__slug="victim").values_list("head_id", flat=True).first()
    answer = caller(
        method, address, body, headers={"If-Match": f'"{version}"', "Idempotency-Key": "k"} if body else None
    )
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    left_out = {"X-Request-ID", "RateLimit-Remaining", "RateLimit-Reset"}
    headers = "\n".join(f"{k}: {v}" for k, v in sorted(answer.headers.items()) if k not in left_out)
    return f"{answer.status_code}\n{headers}\n\n{content.decode('utf-8', 'replace')}"


def test_every_part_of_every_route_is_filled(victim):  # noqa: F811
    """S2: an address that takes anything the matrix does not know fails here."""
    assert {part for route in routes() for part in re.findall(r"<[^>]+>", route)} == {"<str:hub>", *values()}


@pytest.mark.parametrize("name", OUTSIDERS)
def test_nothing_private_leaves_and_nothing_tells_that_it_exists(api, victim, settings, name):  # noqa: F811
    """S1, S3, S4."""
    settings.RATE_ANONYMOUS = settings.RATE_SIGNED_IN = 10**6
    caller = api(name)  # the suspended one has a token of before
    before, probes = digest(), 0
    for (route, address), (_, absent) in zip(addresses(victim.slug), addresses(victim.absent), strict=True):
        for method in METHODS:
            seen, unseen = ask(caller, method, route, address), ask(caller, method, route, absent)
            assert CANARY not in seen, (method, address)
            assert seen == unseen.replace(victim.absent, victim.slug), (method, address)
            probes += 1
    for address in ["hubs", "me", "me/tokens", f"topics/{CANARY}", "people/lea", "people/alice", "schema"]:
        assert CANARY not in ask(caller, "GET", address, address), address
    for query in ("title", "matter", "message", "kind:challenge", "README", "page.md"):
        said = caller("GET", "search", q=query).content.decode()
        assert CANARY not in said.replace(f"Open {CANARY} x", ""), query
    assert digest() == before
    assert probes > 200


@pytest.mark.parametrize("name", ["charlie", "lea"])
def test_the_victims_ids_lead_nowhere_from_another_hub(api, victim, settings, name):  # noqa: F811
    """A1, A9: a page, entry or change is found in its own hub only, by whoever asks."""
    settings.RATE_SIGNED_IN = 10**6
    caller = api(name)
    before = digest()
    for route, address in addresses("open"):
        if re.search("page_id|entry_id|webhook_id", route):
            for method in METHODS:
                said = ask(caller, method, route, address)
                assert CANARY not in said, (method, address)
                assert said.startswith(("403", "404", "405", "204\nAllow", "415", "428")), (method, address, said[:300])
    assert digest() == before


@pytest.mark.parametrize("name", READERS)
def test_the_canary_is_there_for_those_who_may_read(api, victim, settings, name):  # noqa: F811
    """What the tests above would find if it leaked."""
    settings.RATE_SIGNED_IN = 10**6
    caller = api(name)
    found = {route for route, address in addresses(victim.slug) if CANARY in ask(caller, "GET", route, address)}
    assert len(found) >= 14, sorted(found)


@pytest.mark.parametrize("name", ["gus", "lea", "anonymous", "charlie"])
def test_lists_show_what_details_show(api, victim, name):  # noqa: F811
    """S8: whatever a list names can be read, and nothing that cannot be is named."""
    caller = api(name)
    for hub in ("victim", "open", "oscars"):
        readable = caller("GET", f"hubs/{hub}").status_code == 200
        assert readable == (hub in [each["slug"] for each in caller.get("hubs")["results"]])
        for noun, key in [
            ("pages", "id"),
            ("attachments", "id"),
            ("changes", "seq"),
            ("entries", "id"),
            ("topics", "slug"),
        ]:
            answer = caller("GET", f"hubs/{hub}/{noun}")
            assert (answer.status_code == 200) == readable
            for row in json.loads(answer.content)["results"] if readable else []:
                assert caller("GET", f"hubs/{hub}/{noun}/{row[key]}").status_code == 200
