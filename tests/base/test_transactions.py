"""Writes that met another are done again from the start; other errors are not hidden."""

import pytest
from django.db import OperationalError, connection

from nexus.base import transactions
from nexus.base.errors import Unavailable
from nexus.base.transactions import in_transaction
from nexus.hubs.models import Hub


def failing(times: int, *arguments: object):
    calls = []

    @in_transaction
    def work() -> str:
        calls.append(1)
        Hub.objects.create(slug=f"hub-{len(calls)}", title="x")
        if len(calls) <= times:
            raise OperationalError(*arguments)
        return "done"

    return work, calls


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(transactions._pause, "wait", lambda _seconds: None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("arguments", [(1213, "Deadlock found"), (1205, "Lock wait"), ("database is locked",)])
def test_contention_starts_over_and_keeps_nothing_of_the_failed_try(arguments):
    work, calls = failing(2, *arguments)
    assert work() == "done"
    assert len(calls) == 3
    assert list(Hub.objects.values_list("slug", flat=True)) == ["hub-3"]


@pytest.mark.django_db(transaction=True)
def test_endless_contention_is_said_to_be_busy():
    work, calls = failing(99, 1213, "Deadlock found")
    with pytest.raises(Unavailable) as refused:
        work()
    assert refused.value.code == "busy"
    assert len(calls) == transactions.ATTEMPTS
    assert not Hub.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_other_errors_come_through_at_once():
    work, calls = failing(1, "no such table")
    with pytest.raises(OperationalError):
        work()
    assert len(calls) == 1


def test_within_a_transaction_a_refusal_takes_back_only_its_own_part(db):
    Hub.objects.create(slug="before", title="x")
    work, _ = failing(1, "no such table")
    assert connection.in_atomic_block
    with pytest.raises(OperationalError):
        work()
    assert list(Hub.objects.values_list("slug", flat=True)) == ["before"]
