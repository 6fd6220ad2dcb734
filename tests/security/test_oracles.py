"""S4: an id that is somebody else's is answered as one that nobody has: same status, headers and bytes. Every route of the
URLconf and every mutation that takes an id is asked, in the asker's own hub and in one that they read in part."""

import datetime
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from graphql import get_named_type
from graphql.type import is_required_argument
from tests.api.doors import GraphQL
from tests.conftest import PASSWORD, make_hub
from tests.security.test_canary import everything, filled, named_patterns

from nexus.accounts import actions as accounts
from nexus.api.graphql.schema import schema
from nexus.base import clock
from nexus.exchange import jobs, webhooks
from nexus.exchange.models import Delivery, Job, Webhook
from nexus.hubs import actions as hubs
from nexus.hubs import lifetime
from nexus.hubs.activity import nudge
from nexus.hubs.models import Hub, Invitation
from nexus.knowledge.models import Entry
from nexus.pages import actions, shares
from nexus.pages.models import Page, Share, Version

pytestmark = pytest.mark.security

METHODS = ("get", "head", "post", "put", "patch", "delete")
NOTES = b"# Notes\n\n## Challenges\n\n- **Challenge:** It broke.\n\n## Technologies\n\n- **Docker**: boxes\n"
HUB = re.compile(r"<(?:hub|str):hub>")
#: Parts of routes that are ids: what in a hub has them.
IDS: dict[str, Any] = {
    "<uuid:page_id>": lambda hub: Page.objects.filter(hub__slug=hub),
    "<uuid:version>": lambda hub: Version.objects.filter(page__hub__slug=hub),
    "<uuid:entry_id>": lambda hub: Entry.objects.filter(hub__slug=hub),
    "<entry:entry_id>": lambda hub: Entry.objects.filter(hub__slug=hub),
    "<uuid:job_id>": lambda hub: Job.objects.filter(hub__slug=hub),
    "<uuid:job>": lambda hub: Job.objects.filter(hub__slug=hub),
    "<uuid:share_id>": lambda hub: Share.objects.filter(hub__slug=hub),
    "<uuid:share>": lambda hub: Share.objects.filter(hub__slug=hub),
    "<uuid:invitation_id>": lambda hub: Invitation.objects.filter(hub__slug=hub),
    "<uuid:invitation>": lambda hub: Invitation.objects.filter(hub__slug=hub),
    "<uuid:webhook_id>": lambda hub: Webhook.objects.filter(hub__slug=hub),
    "<uuid:webhook>": lambda hub: Webhook.objects.filter(hub__slug=hub),
    "<uuid:delivery_id>": lambda hub: Delivery.objects.filter(webhook__hub__slug=hub),
}
#: Parts that are no ids: what stands in their place.
OTHERS = {
    "<file:path>": "README.md", "<file:folder>": "folder", "<topic:topic>": "docker", "<str:topic>": "docker",
    "<slug:handle>": "lea", "<str:handle>": "lea", "<chapter:chapter>": "challenges", "<kind:kind>": "challenge",
    "<int:start>": "1", "<int:seq>": "1", "<int:number>": "1", "<str:username>": "lea", "<uuid:token_id>": str(uuid.uuid4()),
    "<str:slug>": "nobodys", "<str:token>": "nothing", "<slug:provider_id>": "none",
}  # fmt: skip
#: What in a hub is of one of its members, not of all.
PERSONAL = {part for part in IDS if any(noun in part for noun in ("job", "share", "invitation", "webhook", "delivery"))}


@pytest.fixture
def places(cast, monkeypatch, settings) -> None:
    """Alice's private hub `victim` and Oscar's `oscars`, with one of everything that has an id in each."""
    monkeypatch.setattr(jobs, "wake", lambda: None)
    settings.RATE_ANONYMOUS = settings.RATE_SIGNED_IN = 10**9
    make_hub(cast, "victim", "private")
    hubs.create_hub(cast.oscar, "oscars")
    for owner, hub in ((cast.alice, "victim"), (cast.oscar, "oscars")):
        actions.create_page(owner, hub, "README.md", NOTES)
        actions.create_page(owner, hub, "gone.md", b"gone")
        actions.delete_page(owner, hub, "gone.md")
        hubs.invite_member(owner, hub, "learner")
        shares.create_share(owner, hub, "README.md")
        jobs.start_import(owner, hub, "https://notes.example/more.git")
        jobs.start_export(owner, hub, "zip")
        webhook, _ = webhooks.create_webhook(owner, hub, "https://notes.example/told")
        webhooks.ping_webhook(owner, hub, webhook.pk)
    for hub in Hub.objects.all():
        nudge(hub.pk)
    for part, rows in IDS.items():
        assert rows("victim").exists(), part


def routes(*wanted: str) -> list[str]:
    """The routes that have one of these parts."""
    return sorted({route for route in named_patterns().values() if any(part in route for part in wanted)})


def parts(route: str) -> list[str]:
    return [part for part in re.findall(r"<[^>]+>", route) if not HUB.fullmatch(part)]


def asked(route: str, hub: str, ids: dict[str, str]) -> str:
    return filled("/" + HUB.sub(hub, route).lstrip("/^"), OTHERS | ids)


def pairs(route: str, hub: str, of: str) -> Iterator[tuple[str, str]]:
    """(address, address) of a route of `hub` with each id that `of` has, and with one that nobody has."""
    mine = {part: IDS[part](hub).values_list("pk", flat=True)[0] for part in parts(route) if part in IDS}
    for part in mine:
        for pk in IDS[part](of).values_list("pk", flat=True):
            shown = {name: str(value) for name, value in mine.items()}
            yield tuple(asked(route, hub, shown | {part: str(each)}) for each in (pk, uuid.uuid4()))  # type: ignore[misc]


def said(client: Client, method: str, address: str) -> str:
    """An answer without what counts requests, and without the id that was asked for."""
    answer = everything(getattr(client, method)(address, headers={"If-Match": f'"{uuid.UUID(int=1)}"'}))
    answer = re.sub(r"RateLimit-\w+: \d+\n", "", answer)
    return answer.replace(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", address)[-1], "ID")


def test_every_part_of_every_route_is_known():
    """S2: a route with a part that is neither an id known here nor a word fails here."""
    for route in named_patterns().values():
        assert set(parts(route)) <= {*IDS, *OTHERS} or not HUB.search(route), route


def test_an_id_of_another_hub_is_as_one_that_nobody_has(cast, client, places):
    """A1, A2, S4: in Oscar's own hub, where everything else of the request is right."""
    client.login(username="oscar", password=PASSWORD)
    probes = 0
    for route in routes(*IDS):
        if not HUB.search(route):
            continue
        for theirs, nobodys in pairs(route, "oscars", "victim"):
            for method in METHODS:
                assert said(client, method, theirs) == said(client, method, nobodys), (method, theirs)
                probes += 1
    assert probes > 200


@pytest.mark.parametrize("name", ["mona", "leo", "gus", "charlie", "anonymous"])
@pytest.mark.parametrize("visibility", ["private", "public"])
def test_what_is_somebodys_own_is_as_what_nobody_has(cast, client, places, name, visibility):
    """S4: within a hub that one reads: the imports, links, invitations and webhooks of others."""
    Hub.objects.filter(slug="victim").update(visibility=visibility)
    if name != "anonymous":
        cast.user(name)
        client.login(username=name, password=PASSWORD)
    for route in routes(*PERSONAL):
        if not HUB.search(route):
            continue
        for theirs, nobodys in pairs(route, "victim", "victim"):
            for method in METHODS:
                assert said(client, method, theirs) == said(client, method, nobodys), (method, theirs)


def test_what_belongs_to_no_hub_tells_nothing_either(cast, client, places):
    """S4: tokens of others, hubs that were deleted, invitations that hold no more, and administration."""
    token, _ = accounts.create_personal_token(cast.alice, "hers")
    lifetime.delete_hub(cast.alice, "victim", confirm="victim")
    revoked = hubs.invite_member(cast.oscar, "oscars", "learner")
    hubs.revoke_invitation(cast.oscar, "oscars", revoked.invitation.pk)
    over = hubs.invite_member(cast.oscar, "oscars", "learner")
    Invitation.objects.filter(pk=over.invitation.pk).update(expires_at=clock.now() - datetime.timedelta(days=1))
    made_up = "nxi_" + "x" * (len(over.token) - 4)
    cast.user("charlie")
    client.login(username="charlie", password=PASSWORD)
    for method in METHODS:
        of_tokens = [
            said(client, method, f"/api/v1/me/tokens/{pk}") for pk in (token.pk, uuid.uuid4())
        ]  # fmt: skip
        assert of_tokens[0] == of_tokens[1], method
        of_hubs = [
            everything(getattr(client, method)(f"/api/v1/deleted-hubs/{slug}/restore")) for slug in ("victim", "absent")
        ]
        assert _bare(of_hubs[0]) == _bare(of_hubs[1]), method
        of_invitations = {
            _bare(everything(getattr(client, method)(f"/invitations/{each}")).replace(each, ""))
            for each in (revoked.token, over.token, made_up)
        }
        assert len(of_invitations) == 1, method
    accepted = {
        _bare(everything(client.post("/api/v1/invitations/accept", {"token": each}, "application/json")))
        for each in (revoked.token, over.token, made_up)
    }
    assert len(accepted) == 1


def _bare(answer: str) -> str:
    return re.sub(r"RateLimit-\w+: \d+\n", "", answer)


#: Arguments of mutations that need to be right for the rest to be asked; ids are tried with one of each kind.
WORDS = {
    "hub": '"oscars"', "path": '"README.md"', "source": '"README.md"', "target": '"b.md"', "text": '"x"', "number": "1",
    "username": '"charlie"', "kind": "PRACTICE", "verdict": "RIGHT", "slug": '"other"', "url": '"https://a.example/"',
    "role": "GUEST", "title": '"x"', "confirm": '"nothing"', "events": '["change.*"]', "name": '"x"', "token": '"x"',
    "answers": "[]", "steps": '[{verb: DELETE, path: "nowhere.md"}]', "suspects": f'["{"0" * 32}"]', "passage": '"x"',
}  # fmt: skip


def test_no_mutation_tells_an_id_of_others_from_one_that_nobody_has(cast, places):
    """A1, S4 over GraphQL: each argument of every mutation that is an id."""
    door = GraphQL(cast)
    cast.user("oscar")
    probes = 0
    for name, field in schema.mutation_type.fields.items():
        for argument, kind in field.args.items():
            if get_named_type(kind.type).name != "ID" or str(kind.type).startswith("["):
                continue
            needed = {
                key: WORDS.get(key) for key, arg in field.args.items() if is_required_argument(arg) and key != argument
            }
            needed |= {key: f'"{uuid.uuid4()}"' for key, value in needed.items() if value is None}
            for part in IDS:
                answers = []
                for pk in (IDS[part]("victim").values_list("pk", flat=True)[0], uuid.uuid4()):
                    given = ", ".join(f"{key}: {value}" for key, value in (needed | {argument: f'"{pk}"'}).items())
                    query = f"mutation {{ {name}({given}) {{ errors {{ code message field value remedy }} }} }}"
                    answer = door.post("oscar", query)
                    assert "data" in answer, answer
                    answers.append(str(answer).replace(str(pk), "ID"))
                assert answers[0] == answers[1], (name, argument, part)
                probes += 1
    assert probes > 20
