"""What becomes due by itself is done, in bounded steps, whatever else is the matter."""

import datetime
import logging
import threading

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from tests.conftest import PASSWORD, Cast, make_hub

from nexus.accounts import sessions
from nexus.accounts.models import BrowserSession
from nexus.base import clock
from nexus.hubs import lifetime
from nexus.hubs.models import Activity, AuditEntry, Hub
from nexus.ops import tidying

DAY = datetime.timedelta(days=1)


def signed_in(cast: Cast, name: str) -> Client:
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.login(username=cast.user(name).username, password=PASSWORD)
    client.get("/account")
    return client


def test_all_that_is_due_is_done_and_nothing_else(cast: Cast, settings) -> None:
    make_hub(cast, "gone")
    make_hub(cast, "kept")
    lifetime.delete_hub(cast.alice, "gone", confirm="gone")
    signed_in(cast, "lea").post("/kept/settings", {"do": "leave"}, REMOTE_ADDR="192.0.2.7")
    noted = AuditEntry.objects.exclude(address="").count() + Activity.objects.exclude(address="").count()
    assert noted
    assert tidying.tidy() == 0
    with clock.at(clock.now() + (settings.ADDRESS_DAYS + 1) * DAY):
        assert tidying.tidy() >= noted
        assert tidying.tidy() == 0
    assert list(Hub.objects.values_list("slug", flat=True)) == ["kept"]
    assert AuditEntry.objects.exclude(address="").count() + Activity.objects.exclude(address="").count() == 0


def test_sessions_that_are_over_are_forgotten_with_what_was_noted_of_them(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr(sessions, "BATCH", 2)
    for name in ("lea", "leo", "gus", "mona", "alice"):
        signed_in(cast, name)
    assert (Session.objects.count(), BrowserSession.objects.count()) == (5, 5)
    Session.objects.filter(pk__in=list(Session.objects.values_list("pk", flat=True)[:4])).update(
        expire_date=clock.now() - DAY
    )
    assert sessions.forget_sessions() == 2
    assert tidying.tidy() == 2
    assert (Session.objects.count(), BrowserSession.objects.count()) == (1, 1)
    assert Session.objects.get().session_key == BrowserSession.objects.get().key


@pytest.mark.parametrize("error", [OperationalError("away"), ValueError("a mistake")])
def test_a_look_that_fails_is_in_the_log_and_the_next_comes(monkeypatch, caplog, error: Exception) -> None:
    """The thread of a server looks again, whatever a step raised."""
    looks: list[int] = []

    class Enough(BaseException):
        """Ends the loop, which nothing else does."""

    def tidy() -> int:
        looks.append(1)
        if len(looks) == 1:
            raise error
        raise Enough

    monkeypatch.setattr(tidying, "tidy", tidy)
    monkeypatch.setattr(tidying, "_pause", threading.Event())
    tidying._pause.set()
    monkeypatch.setattr(tidying, "close_old_connections", lambda: None)
    with caplog.at_level(logging.WARNING), pytest.raises(Enough):
        tidying._run()
    assert len(looks) == 2
    assert "tidying" in caplog.text
