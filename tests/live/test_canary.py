"""S1, S2, S4 for sockets: no byte of a private hub in any handshake, frame or farewell; no route is forgotten."""

import uuid

import pytest
from tests.live.stage import Stage, Subscriber
from tests.security.inventory import WEBSOCKETS
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.security

CANARY = "kanarienvogel"
#: Each route is followed by outsiders below.
PROBED = {"ws/hubs/<slug:hub>", "graphql"}
OUTSIDERS = ["charlie", "rita", "oscar", "adele", "anonymous"]


@pytest.fixture(scope="module")
def victim(stage: Stage) -> str:
    """A private hub with the canary wherever somebody can write, and a public one that has the canary for a member."""
    stage.do("hub", "victim", members={"alice": "owner", "lea": "learner", "rita": "mentor", CANARY: "learner"})
    stage.do("hub", "open", "public", {"alice": "owner", CANARY: "learner", "rita": "mentor"})
    stage.do("hub", "oscars", members={"oscar": "owner"})
    for name in ("rita", CANARY):
        stage.do("remove", "victim", name)
        stage.do("remove", "open", name)
    stage.do("page", "victim", f"{CANARY}/{CANARY}.md", f"# {CANARY}", message=CANARY)
    stage.do("page", "open", "a.md", "# Open")
    for name in OUTSIDERS[:-1]:
        stage.do("user", name)
    stage.do("make_administrator", "adele")
    return "victim"


def everything(stage: Stage, path: str, **shown: str) -> str:
    """All that a client gets to see: the handshake's answer, frames, and the end."""
    with stage.follow(path, **shown) as peer:
        response = peer.socket.response
        assert response is not None
        said = [f"{response.status_code}", *(f"{k}: {v}" for k, v in response.headers.raw_items() if k.lower() not in
                                             {"sec-websocket-accept", "date"})]  # fmt: skip
        try:
            while True:
                said.append(str(peer.socket.recv(30)))
        except ConnectionClosed as closed:
            return "\n".join([*said, str(closed)])


def test_every_socket_is_probed() -> None:
    assert PROBED == WEBSOCKETS


@pytest.mark.parametrize("shows", ["token", "session"])
@pytest.mark.parametrize("name", OUTSIDERS)
def test_nothing_private_leaves_and_nothing_tells_that_it_exists(
    stage: Stage, victim: str, name: str, shows: str
) -> None:
    shown = {}
    if name != "anonymous":
        shown = {shows: stage.do({"token": "user", "session": "session"}[shows], name)}
    for query in ("", "?after=0", "?after=3", "?after=99", "?after=x"):
        seen, unseen = (everything(stage, f"{slug}{query}", **shown) for slug in (victim, "absent"))
        assert seen == unseen
        assert CANARY not in seen


SUBSCRIPTIONS = [
    'subscription { hubActivity(hub: "%s", after: 0) { seq type facts person { name } hub { title } change { message } } }',
    'subscription { pagePresence(page: "%s") { others people { name } } }',
]


@pytest.mark.parametrize("name", OUTSIDERS)
def test_no_subscription_tells_more(stage: Stage, victim: str, name: str) -> None:
    payload = None if name == "anonymous" else {"authorization": f"Bearer {stage.do('user', name)}"}
    places = [(victim, "absent"), (stage.do("page_id", victim, f"{CANARY}/{CANARY}.md"), str(uuid.UUID(int=1)))]
    with Subscriber(stage, payload).begun() as peer:
        for query, names in zip(SUBSCRIPTIONS, places, strict=True):
            said = []
            for each in names:
                peer.subscribe("1", query % each)
                said.append(str(peer.next()))
            assert said[0] == said[1]
            assert "not_found" in said[0]
            assert CANARY not in said[0]


@pytest.mark.parametrize("name", OUTSIDERS)
def test_who_belongs_to_an_open_hub_is_told_to_its_members_only(stage: Stage, victim: str, name: str) -> None:
    last = stage.do("sequence", "open")
    shown = {} if name == "anonymous" else {"token": stage.do("user", name)}
    with stage.follow("open", 0, **shown) as peer:
        frames = peer.until(last)
        assert CANARY not in str(frames)
        assert {frame["type"] for frame in frames} == {"hub.created", "change.edit"}


@pytest.mark.parametrize("name", ["alice", "lea"])
def test_the_canary_is_there_for_those_who_may_read(stage: Stage, victim: str, name: str) -> None:
    """What the tests above would find if it leaked."""
    with stage.follow(victim, 0, token=stage.do("user", name)) as peer:
        assert str(peer.until(stage.do("sequence", victim))).count(CANARY) >= 5
