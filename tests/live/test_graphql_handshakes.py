"""S15, S18 at /graphql: who may open a WebSocket there, and by which tokens anybody is let in."""

import itertools

import pytest
from tests.live.stage import Stage, Subscriber
from tests.live.test_graphql import ACTIVITY, PRESENCE, bearer, subscriber
from websockets.exceptions import InvalidStatus

pytestmark = pytest.mark.security

_numbers = itertools.count()


@pytest.fixture
def hub(stage: Stage) -> str:
    """A private hub of Alice's, with Gus as its guest."""
    slug = f"shaken-{next(_numbers)}"
    stage.do("hub", slug, members={"alice": "owner", "gus": "guest"})
    stage.do("page", slug, "a.md", "# A")
    return slug


@pytest.mark.parametrize("kind", ["session", "token"])
def test_handshakes_from_elsewhere_are_refused_before_they_open(stage: Stage, hub: str, kind: str) -> None:
    """S18, C1: ten origins, with a session and with a token that would do."""
    shown = {"Cookie": f"nexus_session={stage.do('session', 'alice')}"} if kind == "session" else {}
    payload = bearer(stage, "alice") if kind == "token" else None
    for origin in stage.elsewhere:
        with pytest.raises(InvalidStatus) as refused:
            Subscriber(stage, payload, additional_headers=shown, origin=origin)  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403


def test_tokens_that_do_not_hold_are_refused_whatever_else_there_is(stage: Stage, hub: str) -> None:
    """S15, C3: never as nobody, and never by the session that comes along."""
    good = stage.do("user", "alice")
    cookie = {"Cookie": f"nexus_session={stage.do('session', 'alice')}"}
    own = f"http://127.0.0.1:{stage.port}"
    head, body, signature = good.split(".")
    bad = [
        "", "x", "..", "nxp_x", f"nxp_{'a' * 43}", "nxr_x", head, f"{head}.{body}", f"{head}.{body}.", "\u00e4.x.y",
        f"{head}.{body}.{signature[:-4]}AAAA", f"{body}.{body}.{signature}", f"eyJhbGciOiJub25lIn0.{body}.", "x" * 3000,
        "a\0b", f"{good} {good}",
    ]  # fmt: skip
    payloads = [{"authorization": f"Bearer {token}"} for token in bad]
    payloads += [{"authorization": each} for each in (good, f"Basic {good}", None, 1, [f"Bearer {good}"])]
    payloads += [{"authorization": f"Bearer {good}", "Authorization": "Bearer x"}]
    for payload in payloads:
        with Subscriber(stage, payload, additional_headers=cookie, origin=own) as peer:  # type: ignore[arg-type]
            assert peer.end() == (4403, "invalid_token"), payload


def test_a_token_in_the_address_is_nobodys(stage: Stage, hub: str) -> None:
    """C7: addresses are logged, so that none is looked for there; nor in a header that only scripts of other sites lack."""
    with subscriber(stage, additional_headers={"Authorization": f"Bearer {stage.do('user', 'alice')}"}) as peer:
        peer.subscribe("1", ACTIVITY, hub=hub)
        assert peer.refused("1") == "not_found"


def test_who_only_reads_stores_nothing_and_tells_only_that_they_are_there(stage: Stage, hub: str) -> None:
    """S19, C5, C6: frames of a guest change nothing and reach nobody; the names of rooms cannot be chosen."""
    page, before = stage.do("page_id", hub, "a.md"), stage.do("sequence", hub)
    with subscriber(stage, "alice") as alice, subscriber(stage, "gus") as gus:
        alice.subscribe("1", ACTIVITY, hub=hub)
        for n, name in enumerate([f"{hub}/..", f"hub.{hub}", f"{hub}\0", "*", "", hub.upper(), f"{hub}?page={page}"]):
            gus.subscribe(f"hub-{n}", ACTIVITY, hub=name)
            told = gus.next()
            assert (told["id"], told["type"]) == (f"hub-{n}", "error")
        for n, name in enumerate([f"{page}/..", "*", "", f"{page}\0", hub]):
            gus.subscribe(f"page-{n}", PRESENCE, page=name)
            told = gus.next()
            assert (told["id"], told["type"]) == (f"page-{n}", "error")
        gus.subscribe(
            "write", f'mutation {{ createPage(hub: "{hub}", path: "b.md", text: "") {{ errors {{ code }} }} }}'
        )
        assert gus.refused("write") == "wrong_transport"
        assert stage.do("sequence", hub) == before
        stage.do("page", hub, "a.md", "# B")
        assert alice.data("1")["hubActivity"]["seq"] == before + 1
        for message in ({"type": "next", "id": "1", "payload": {}}, {"type": "hub.event", "group": hub}):
            with subscriber(stage, "gus") as again:
                again.say(**message)
                assert again.end() == (4400, "invalid_message")
