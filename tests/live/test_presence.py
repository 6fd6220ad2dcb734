"""Who is on a page, as those who have it open are told: with rights, over processes, gone soon after they are."""

import itertools
import signal
from collections.abc import Callable
from typing import Any

import pytest
from tests.live.stage import Peer, Redis, Stage

_numbers = itertools.count()


class Place:
    """A hub of Alice's and Lea's with a page."""

    def __init__(self, stage: Stage, visibility: str = "private") -> None:
        self.stage, self.slug = stage, f"present-{next(_numbers)}"
        stage.do("hub", self.slug, visibility, {"alice": "owner", "lea": "learner"})
        stage.do("page", self.slug, "a.md", "# A")
        self.page = stage.do("page_id", self.slug, "a.md")

    def open(self, name: str = "", stage: Stage | None = None, **shown: str) -> Peer:
        """Somebody who has the page open, and hears of nothing else."""
        if name and not shown:
            shown = {"token": self.stage.do("user", name)}
        last = self.stage.do("sequence", self.slug)
        return (stage or self.stage).follow(self.slug, f"{last}&page={self.page}", **shown)


def told(peer: Peer, *handles: str, others: int = 0) -> dict[str, Any]:
    """Returns once that is what was told."""
    while True:
        frame = peer.next()
        if frame["type"] == "presence" and (named(frame), frame["others"]) == ([*handles], others):
            return frame


def named(frame: dict[str, Any]) -> list[str]:
    return [one["handle"] for one in frame["people"]]


@pytest.fixture
def place(stage: Stage) -> Place:
    return Place(stage)


def test_who_comes_and_goes_is_told(place: Place) -> None:
    with place.open("alice") as alice:
        frame = told(alice)
        assert frame == {"type": "presence", "seq": 4, "page": place.page, "people": [], "others": 0}
        with place.open("lea") as lea, place.open("lea"):
            told(lea, "alice")
            assert told(alice, "lea")["people"] == [{"handle": "lea", "name": "lea"}]
        told(alice)


def test_only_who_asks_hears_of_it(place: Place) -> None:
    with place.open("alice") as alice, place.stage.follow(place.slug, 4, token=place.stage.do("user", "lea")) as lea:
        told(alice)
        place.stage.do("page", place.slug, "a.md", "# B")
        assert lea.next()["type"] == "change.edit"
        assert alice.next()["type"] == "change.edit"
        assert [frame["type"] for frame in alice.frames] == ["presence", "change.edit"]


def test_who_is_not_signed_in_is_not_named_and_told_no_names(stage: Stage) -> None:
    place = Place(stage, "public")
    with place.open() as anybody, place.open("alice") as alice, place.open() as another:
        told(alice, others=2)
        told(anybody, others=2)
        told(another, others=2)
        assert not [frame for peer in (anybody, another) for frame in peer.frames if frame["people"]]


@pytest.mark.security
@pytest.mark.parametrize("deed", ["remove", "sign_out_everywhere", "deactivate", "visibility"])
def test_who_loses_their_rights_is_gone(stage: Stage, deed: str) -> None:
    number = next(_numbers)
    place, name = Place(stage, "internal" if deed == "visibility" else "private"), f"pia-{number}"
    stage.do("user", name)
    if deed != "visibility":
        stage.do("member", place.slug, name, "guest")
    with place.open("alice") as alice, place.open(name) as gone:
        told(alice, name)
        told(gone, "alice")
        if deed == "remove":
            stage.do(deed, place.slug, name)
        elif deed == "visibility":
            stage.do(deed, place.slug, "private")
        else:
            stage.do(deed, name)
        told(alice)
        with place.open("lea") as lea:
            told(lea, "alice")
            told(alice, "lea")
        assert gone.end()[0] in (4401, 4404)
        assert {handle for frame in gone.frames if frame["type"] == "presence" for handle in named(frame)} == {"alice"}


@pytest.mark.security
def test_a_page_elsewhere_is_none(stage: Stage, place: Place) -> None:
    """Not that of a hub one may not see, nor that of another; a page that was deleted is still the same one."""
    other, token = Place(stage), stage.do("user", "alice")
    stage.do("user", "charlie")
    assert place.open("charlie").end() == (4404, "not_found")
    assert place.open().end() == (4404, "not_found")
    assert stage.follow(place.slug, f"4&page={other.page}", token=token).end() == (4404, "not_found")
    for query, how in {
        "4&page=": (4400, "bad_page"), "4&page=x": (4400, "bad_page"),
        f"4&page={place.page}&page={place.page}": (4400, "bad_page"),
        "4&page=00000000-0000-0000-0000-000000000000": (4404, "not_found"),
    }.items():  # fmt: skip
        assert stage.follow(place.slug, query, token=token).end() == how, query


@pytest.mark.services
def test_processes_know_each_others_readers(start_stage: Callable[..., Stage], redis: Redis) -> None:
    one, other = start_stage(REDIS_URL=redis.url), start_stage(REDIS_URL=redis.url)
    place = Place(one)
    with place.open("alice") as alice:
        with place.open("lea", other) as lea, place.open("lea"):
            told(alice, "lea")
            told(lea, "alice")
        told(alice)
        with place.open("lea", other):
            told(alice, "lea")
            other.process.kill()  # without a word: believed for some seconds more
            told(alice)
    assert "Traceback" not in one.output


@pytest.mark.services
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_without_redis_a_process_knows_its_own(start_stage: Callable[..., Stage], redis: Redis, how: int) -> None:
    one, other = start_stage(REDIS_URL=redis.url), start_stage(REDIS_URL=redis.url)
    place = Place(one)
    with place.open("alice") as alice, place.open("lea", other) as lea:
        told(alice, "lea")
        told(lea, "alice")
        redis.process.send_signal(how)
        told(alice)
        with place.open("lea"):
            told(alice, "lea")
        told(alice)
        told(lea)
        if how == signal.SIGKILL:
            redis.kill()
            redis.start()
        else:
            redis.process.send_signal(signal.SIGCONT)
        told(alice, "lea")
        told(lea, "alice")
    for stage in (one, other):
        assert "Traceback" not in stage.output
        assert stage.stop() == 0
