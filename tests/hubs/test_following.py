"""When followers run: at once, or together a moment later and then before anybody reads what they make."""

import asyncio
import threading
import time
import uuid
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.db import transaction
from tests.conftest import make_hub

from nexus.hubs import activity, following
from nexus.hubs.actions import update_hub
from nexus.hubs.models import Activity, FollowerCursor, Hub
from nexus.knowledge.access import visible_entries
from nexus.pages import actions
from nexus.search.access import visible_findables

CALLS: list[uuid.UUID] = []
GATE, BEGUN = threading.Event(), threading.Event()
A, B = uuid.UUID(int=1), uuid.UUID(int=2)


def noted(hub_id: uuid.UUID) -> None:
    """A follower that waits until it may go on, and fails for B."""
    BEGUN.set()
    assert GATE.wait(30)
    CALLS.append(hub_id)
    if hub_id == B:
        raise RuntimeError("broken")


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch, settings) -> Iterator[following._Followers]:
    """Followers in a thread of their own, as in a process that serves."""
    settings.NEXUS_FOLLOWERS = [f"{__name__}.noted"]
    CALLS.clear()
    BEGUN.clear()
    GATE.set()
    started = following._Followers()
    monkeypatch.setattr(following, "_followers", started)
    started.thread.start()
    yield started
    GATE.set()
    started.caught_up()


def test_changes_of_a_moment_are_followed_together(apart) -> None:
    for _ in range(20):
        following.nudge(A)
    assert following.catch_up()
    assert CALLS == [A]


def test_nobody_has_to_read_for_them_to_run(apart) -> None:
    following.nudge(A)
    with apart._changed:
        assert apart._changed.wait_for(lambda: CALLS == [A] and not apart._pending(), 30)


def test_one_hub_that_fails_holds_up_no_other(apart, caplog) -> None:
    following.nudge(B)
    following.nudge(A)
    assert following.catch_up()
    assert sorted(CALLS) == [A, B]
    assert "followers failed" in caplog.text


def test_what_is_written_meanwhile_is_followed_once_more(apart) -> None:
    GATE.clear()
    following.nudge(A)
    assert BEGUN.wait(30)
    following.nudge(A)
    GATE.set()
    assert following.catch_up()
    assert CALLS == [A, A]


def test_a_reader_waits_for_no_write_of_long_ago(apart, monkeypatch) -> None:
    GATE.clear()
    following.nudge(A)
    monkeypatch.setattr(following, "PATIENCE", 0.0)
    assert not following.catch_up()
    GATE.set()
    monkeypatch.setattr(following, "PATIENCE", 30.0)
    assert following.catch_up()


def test_a_reader_does_not_wait_for_what_is_written_meanwhile(apart, monkeypatch) -> None:
    """Else whoever writes without a pause would hold up everybody."""
    monkeypatch.setattr(following, "PATIENCE", 30.0)
    monkeypatch.setattr(following, "QUIET", 60.0)
    monkeypatch.setattr(following, "LATEST", 60.0)
    GATE.clear()
    following.nudge(A)
    done = threading.Event()
    reader = threading.Thread(target=lambda: following.catch_up() and done.set())
    reader.start()
    assert BEGUN.wait(30)
    following.nudge(A)  # after the reader came, so that it waits on
    GATE.set()
    assert done.wait(20)
    assert apart._pending(), "the second write is still to be followed"
    reader.join()


@pytest.mark.django_db
def test_in_a_transaction_nobody_waits(apart) -> None:
    GATE.clear()
    following.nudge(A)
    with transaction.atomic():
        assert following.catch_up(), "the follower may need what the transaction holds"


def test_much_is_followed_by_whoever_wrote_it(apart) -> None:
    with following.at_once():
        following.nudge(A)
        assert CALLS == [A]
    GATE.clear()
    following.nudge(A)
    assert CALLS == [A]


@pytest.mark.django_db(transaction=True)
def test_who_reads_finds_what_was_just_written(cast, monkeypatch) -> None:
    started = following._Followers()
    monkeypatch.setattr(following, "_followers", started)
    started.thread.start()
    lea, hub = cast.actor("lea"), make_hub(cast, roles={"lea": "learner"})
    for n in range(5):
        actions.create_page(lea, hub.slug, f"week-{n}.md", b"# Week\n\n## Technologies\n\n- **Redis**: caching\n")
        assert visible_entries(lea).filter(page__path=f"week-{n}.md").exists()
        assert visible_findables(lea).filter(page__path=f"week-{n}.md").exists()
    began = time.monotonic()
    assert following.catch_up()
    assert time.monotonic() - began < following.PATIENCE, "nothing is left to wait for"


@pytest.mark.django_db
def test_a_start_begins_with_what_was_left_behind(cast, settings) -> None:
    alice, level, behind, untouched = cast.actor("alice"), *(make_hub(cast, slug) for slug in ("one", "two", "three"))
    settings.NEXUS_FOLLOWERS = []
    update_hub(alice, behind.slug, title="Behind")
    for hub in (level, behind):
        for follower in ("knowledge", "search"):
            seq = Hub.objects.get(pk=level.pk).sequence
            FollowerCursor.objects.update_or_create(hub=hub, follower=follower, defaults={"seq": seq})
    FollowerCursor.objects.filter(hub=untouched).delete()
    FollowerCursor.objects.create(hub=level, follower="reindex", seq=0)
    assert Activity.objects.filter(hub=untouched).exists()
    assert set(following._left_behind()) == {behind.pk, untouched.pk}


def test_the_log_nudges(db, cast, settings) -> None:
    """Without a thread, followers run before the commit returns."""
    settings.NEXUS_FOLLOWERS = [f"{__name__}.noted"]
    CALLS.clear()
    GATE.set()
    hub = make_hub(cast)
    assert activity.nudge is following.nudge
    following.nudge(hub.pk)
    assert CALLS[-1] == hub.pk


def test_a_server_starts_them_in_its_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a look into the database is refused: then nothing that comes after them would be started either."""
    looked: list[bool] = []
    looks = threading.Event()

    def look() -> list[uuid.UUID]:
        looked.append(asyncio._get_running_loop() is None)
        looks.set()
        return []

    monkeypatch.setattr(following, "_left_behind", look)
    monkeypatch.setattr(following, "_followers", None)
    monkeypatch.setattr(following, "connection", SimpleNamespace(close=lambda: None))

    async def serve() -> None:
        following.start()

    asyncio.run(serve())
    assert looks.wait(30)
    assert looked == [True]
