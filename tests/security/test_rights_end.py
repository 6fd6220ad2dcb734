"""S7: whatever ends somebody's rights, every door that showed them something is shut for their very next request, with all
caches warm; nothing more is sent to them, and what they lent to others is worth no more than they are."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from tests.exchange.receiver import Receiver
from tests.live.conftest import redis, start_stage  # noqa: F401  fixtures
from tests.live.stage import Peer, Redis, Stage, Subscriber, settings_of
from tests.live.test_graphql import ACTIVITY
from tests.security import every_door
from tests.security.every_door import Door
from tests.security.inventory import ADDRESSES
from websockets.exceptions import ConnectionClosed

from nexus.api.graphql.schema import schema

pytestmark = pytest.mark.security
CANARY = "kanarienvogel"
SHOWS = ("session", "access", "personal")
#: So many requests are no attack here.
OFTEN = {"NEXUS_RATE_SIGNED_IN": "1000000", "NEXUS_RATE_ANONYMOUS": "1000000", "NEXUS_ALLOWED_ADDRESSES": "127.0.0.0/8"}
_numbers = count()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("rights")
    environment, instance = settings_of(folder)
    (folder / "var").mkdir(exist_ok=True)
    running = Stage(folder / "var", **environment | OFTEN | {"NEXUS_WEBHOOK_PORTS": str(receiver.port)})
    yield running
    assert running.stop() == 0, running.output
    assert running.process.stderr
    running.process.stderr.close()
    if instance:
        instance.drop()


class Place:
    """A hub of Alice's, Gus a guest of it, that somebody furnished as an owner: Mia, or Alice where Mia is no member; what
    Mia asks at the server `at`. Charlie is nobody there."""

    def __init__(
        self, stage: Stage, receiver: Receiver, *, at: Stage | None = None, visibility: str = "", mia: str = "owner"
    ) -> None:
        number = next(_numbers)
        self.stage, self.at, self.receiver = stage, at or stage, receiver
        self.slug, self.mia = f"{CANARY}-{number}", f"mia-{number}"
        for name in ("charlie", self.mia):
            stage.do("user", name)
        stage.do(
            "hub",
            self.slug,
            visibility or "private",
            {"alice": "owner", "gus": "guest", **({self.mia: mia} if mia else {})},
        )
        self.parts = stage.do("furnish", self.slug, self.mia if mia else "alice", CANARY, receiver.url)
        stage.until(lambda: stage.do("job_state", self.parts["export"]) == "done")
        stage.until(lambda: stage.do("job_state", self.parts["import"]) == "failed")
        self.doors = {shows: Door(self.at, self.mia, shows) for shows in SHOWS}

    @property
    def sequence(self) -> int:
        return int(self.stage.do("sequence", self.slug))

    @property
    def log(self) -> list[list[Any]]:
        """What somebody did; not what became of that which acts for somebody."""
        return [
            row for row in self.stage.do("log_of", self.slug) if row[1] not in ("webhook.switched_off", "source.pulled")
        ]

    def shown(self, shows: str) -> dict[str, int]:
        return self.doors[shows].shown(self.slug, self.parts)

    def shared(self) -> set[int]:
        """What whoever holds the share link is answered."""
        link, path, folder = (self.parts[name] for name in ("share_token", "path", "folder"))
        asked = ("", f"/pages/{folder}", f"/pages/{path}", f"/raw/{path}")
        return {self.at.ask(f"/shared/{link}{each}")[0] for each in asked}

    def invited(self) -> int:
        """What somebody new is answered who comes by the invitation."""
        newcomer = Door(self.at, f"new-{next(_numbers)}", "access")
        said = f'{{"token": "{self.parts["invitation_token"]}"}}'
        return newcomer.ask("/api/v1/invitations/accept", "POST", said, Content_Type="application/json")[0]

    def follow(self) -> list[Peer | Subscriber]:
        """Mia's streams and subscriptions, with each thing that she can show; each has had its first word."""
        door = self.doors
        opened: list[Any] = [self.at.follow(self.slug, 0, session=door["session"].session)]
        for shows in ("access", "personal"):
            opened.append(self.at.follow(self.slug, 0, token=door[shows].secret))
            peer = Subscriber(self.at, {"authorization": f"Bearer {door[shows].secret}"}).begun()
            peer.subscribe("1", ACTIVITY, hub=self.slug, after=0)
            opened.append(peer)
        for peer in opened:
            peer.next()
        return opened

    def works_twice(self, shows: str) -> set[str]:
        """The addresses that show Mia something, asked for until what may be kept is; all that show anything."""
        door = self.doors[shows]
        for _ in range(2):
            found = self.shown(shows)
            assert {route: status for route, status in found.items() if status not in (200, 302, 405)} == {}
            assert set(door.told_across(self.parts, CANARY).values()) == {True}
            assert [name for name, said in door.queried(self.slug, self.parts).items() if b"errors" in said] == []
        self.stage.until(lambda: door.is_kept(self.slug, self.parts))
        return {route for route, status in found.items() if status < 400}


@pytest.fixture
def place(stage: Stage, receiver: Receiver) -> Place:
    return Place(stage, receiver)


def is_shut(place: Place, door: Door, worked: set[str], status: int) -> None:
    """Nothing is shown, told or taken by any door."""
    found = door.shown(place.slug, place.parts)
    assert {route: found[route] for route in worked if found[route] != status} == {}
    assert set(door.told_across(place.parts, CANARY).values()) <= {False}
    said, unsaid = (each.queried(place.slug, place.parts) for each in (door, stranger(place, door, status)))
    assert [name for name in said if CANARY.encode() in said[name] or said[name] != unsaid[name]] == []
    before = place.log
    tried = door.writes(place.slug, place.parts)
    assert {each: code for each, code in tried.items() if code not in (status, 401, 404, 405)} == {}
    assert place.log == before


def stranger(place: Place, door: Door, status: int) -> Door:
    """Somebody who never was anybody there: what they are told is all that `door` may be told."""
    if status == 401:
        return Door(place.at, "", door.shows, secret="nxp_x")
    if door.ask("/api/v1/me")[0] == 200:
        return Door(place.at, "charlie", door.shows)
    return Door(place.at, "", "nothing")


def hears_nothing(peer: Peer | Subscriber, before: int) -> None:
    """The stream ends, and nothing came over it but what was."""
    if isinstance(peer, Peer):
        assert peer.end()[0] in (4401, 4404)
        numbers = [frame["seq"] for frame in peer.frames]
    else:
        numbers = last_words(peer)
    assert max(numbers, default=0) <= before


def last_words(peer: Subscriber) -> list[int]:
    numbers = []
    try:
        while (said := peer.next())["type"] == "next":
            numbers.append(said["payload"]["data"]["hubActivity"]["seq"])
    except ConnectionClosed:
        pass
    finally:
        peer.socket.close()
    return numbers


def test_every_address_is_tried() -> None:
    """A new one fails here until it is known how somebody asks for it."""
    known = {*every_door.routes(), *every_door.ACROSS}
    assert [each for each in ADDRESSES - known if not every_door.ELSEWHERE.fullmatch(each)] == []
    assert set(every_door.ACROSS) <= ADDRESSES
    assert schema.query_type
    assert set(schema.query_type.fields) - {"viewer"} == set(every_door.QUERIES)


#: What is done; what Mia can show that holds no more, else she is no member; whether what she lent holds.
ENDS: dict[str, tuple[Callable[[Place], Any], tuple[str, ...], bool]] = {
    "removed": (lambda p: p.stage.do("remove", p.slug, p.mia), (), False),
    "suspended": (lambda p: p.stage.do("deactivate", p.mia), SHOWS, False),
    "signed out everywhere": (lambda p: p.stage.do("sign_out_everywhere", p.mia), SHOWS, True),
    "another password": (lambda p: p.stage.do("set_password", p.mia), SHOWS, True),
    "signed out": (lambda p: p.stage.do("sign_out", p.doors["session"].session), ("session",), True),
    "token revoked": (lambda p: p.stage.do("revoke", p.doors["personal"].token), ("personal",), True),
    "deleted": (lambda p: p.stage.do("delete_hub", p.slug), (), False),
}
#: What every run tries; the others are the same at other places.
QUICK = "removed"


@pytest.mark.parametrize(
    "how", [each if each == QUICK else pytest.param(each, marks=pytest.mark.slow) for each in ENDS]
)
def test_every_door_is_shut(place: Place, how: str) -> None:
    ends_at_once(place, how)


def ends_at_once(place: Place, how: str) -> None:
    end, over, lends = ENDS[how]
    worked = {shows: place.works_twice(shows) for shows in SHOWS}
    assert (place.shared(), place.shared(), place.invited()) == ({200}, {200}, 200)
    followed = place.follow() if len(over) in (0, len(SHOWS)) else []
    before = place.sequence
    end(place)
    for shows in SHOWS:
        if shows in (over or SHOWS):
            is_shut(place, place.doors[shows], worked[shows], 401 if over and shows != "session" else 404)
        else:
            assert {route for route, status in place.shown(shows).items() if status < 400} == worked[shows]
    assert (place.shared(), place.invited()) == (({200}, 200) if lends else ({404}, 404))
    if how != "deleted":
        place.stage.do("page", place.slug, "after.md", "nothing for you")
    for peer in followed:
        hears_nothing(peer, before)


@pytest.mark.slow
def test_a_role_that_ends_leaves_what_the_lesser_one_has(place: Place) -> None:
    """An owner who is made a guest: as somebody who was never more, whatever they try, and what they lent is over."""
    for shows in SHOWS:
        place.works_twice(shows)
    assert (place.shared(), place.invited()) == ({200}, 200)
    place.stage.do("member", place.slug, place.mia, "guest")
    before = place.log
    for shows in SHOWS:
        gus = Door(place.stage, "gus", shows)
        found, others = place.shown(shows), gus.shown(place.slug, place.parts)
        own = {
            route for route in every_door.routes() if "job" in route
        }  # what she had brought in or written out, and may still read
        assert {route: found[route] for route in found if found[route] != others[route]}.keys() <= own
        tried, others = (each.writes(place.slug, place.parts) for each in (place.doors[shows], gus))
        assert {each: code for each, code in tried.items() if code != others[each] and each[1] not in own} == {}
        assert 403 in tried.values()
    assert place.log == before
    assert (place.shared(), place.invited()) == ({404}, 404)


@pytest.mark.slow
@pytest.mark.parametrize("visibility", ["internal", "public"])
def test_a_hub_that_is_made_private_is_shut_for_who_is_no_member(
    stage: Stage, receiver: Receiver, visibility: str
) -> None:
    """Also for nobody, whose answers are kept for all."""
    place = Place(stage, receiver, visibility=visibility, mia="")
    doors = [*place.doors.values(), *([Door(stage, "", "nothing")] if visibility == "public" else [])]
    worked = []
    for door in doors:
        for _ in range(3):
            found = door.shown(place.slug, place.parts)
        worked.append({route for route, status in found.items() if status < 400})
        assert len(worked[-1]) > 20
    stage.do("visibility", place.slug, "private")
    for door, routes in zip(doors, worked, strict=True):
        is_shut(place, door, routes, 404)


#: What may still be written to a hub that is archived: not its pages.
OF_PAGES = ("/pages", "/text", "/pages/<uuid:page_id>", "/imports", "/revert", "/entries", "/answers", "/decision",
            "/changes", "/attachments")  # fmt: skip


@pytest.mark.slow
def test_an_archived_hub_is_read_and_not_written(place: Place) -> None:
    worked = {shows: place.works_twice(shows) for shows in SHOWS}
    place.stage.do("toggle", place.slug, True)
    before = place.log
    for shows in SHOWS:
        found = place.shown(shows)
        assert {route: found[route] for route in worked[shows] if found[route] not in (200, 302, 403)} == {}
        tried = place.doors[shows].writes(place.slug, place.parts, OF_PAGES)
        assert {each: code for each, code in tried.items() if code not in (403, 405)} == {}
    assert place.log == before


@pytest.mark.parametrize("how", ["revoked", "moved"])
def test_a_link_shows_nothing_more(place: Place, how: str) -> None:
    assert place.shared() == place.shared() == {200}
    if how == "revoked":
        place.stage.do("revoke_share", place.slug, place.parts["share"])
    else:
        for name in ("path", "file"):
            place.stage.do("move", place.slug, place.parts[name], f"elsewhere-{name}.md")
    assert place.shared() == {404}


@pytest.mark.parametrize("how", ["removed", "guest", "suspended"])
def test_what_acts_for_somebody_ends_with_their_rights(place: Place, how: str) -> None:
    """Their webhook is told nothing more and is off; their connected source brings nothing more."""

    def heard() -> list[int]:
        return [event["seq"] for event in place.receiver.events if event["hub"] == place.slug and event["seq"]]

    place.stage.do("page", place.slug, "before.md", "for you")
    before = place.sequence
    place.stage.until(lambda: before in heard())
    assert place.stage.do("pulls", place.slug) == "unreachable_source"
    end = ENDS[how][0] if how in ENDS else lambda p: p.stage.do("member", p.slug, p.mia, "guest")
    end(place)
    place.stage.do("page", place.slug, "after.md", "nothing for you")
    place.stage.until(lambda: place.stage.do("off_why", place.parts["webhook"]) == "no_owner")
    assert max(heard()) <= before
    assert place.stage.do("pulls", place.slug) in {"denied", "not_found"}


@pytest.mark.services
@pytest.mark.parametrize("is_there", [True, False], ids=["Redis", "Redis killed"])
@pytest.mark.parametrize("how", ["removed", "suspended"])
def test_another_process_shuts_them_too(
    start_stage: Callable[..., Stage],  # noqa: F811
    redis: Redis,  # noqa: F811
    receiver: Receiver,
    how: str,
    is_there: bool,
) -> None:
    """What one process does holds for the next request to another, whose caches are warm, with Redis and without."""
    environment = OFTEN | {"REDIS_URL": redis.url, "NEXUS_WEBHOOK_PORTS": str(receiver.port)}
    one, other = start_stage(**environment), start_stage(**environment)
    place = Place(one, receiver, at=other)
    if not is_there:
        redis.process.kill()
    ends_at_once(place, how)
