"""Keyset paging: every item once, whatever the size of a page, and nothing believed of a cursor."""

import base64
import contextlib
import datetime
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexus.accounts.models import Person
from nexus.api import paging
from nexus.base import clock
from nexus.base.errors import Invalid


@pytest.fixture
def people(db) -> list[Person]:
    made = []
    for n in range(30):
        with clock.at(datetime.datetime(2026, 1, 1 + n % 7, tzinfo=datetime.UTC)):
            made.append(Person.objects.create(handle=f"p{n:02}", name=f"Name {n % 3}"))
    return made


ORDERS = [("handle",), ("-handle",), ("name", "-pk"), ("-created_at", "-pk"), ("created_at", "-name", "pk")]


def walked(order, limit) -> list[str]:
    seen, cursor = [], ""
    for _ in range(200):
        page = paging.page_of(Person.objects.all(), order, cursor=cursor, limit=limit)
        seen += [row.handle for row in page.items]
        if not page.next:
            return seen
        cursor = page.next
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
@pytest.mark.parametrize("limit", [1, 7, 29, 30, 31, 100])
def test_every_item_comes_once_and_in_order(people, order, limit):
    assert walked(order, limit) == [row.handle for row in Person.objects.order_by(*order)]


def test_what_is_written_meanwhile_neither_repeats_nor_hides(people):
    first = paging.page_of(Person.objects.all(), ("handle",), limit=10)
    Person.objects.create(handle="p05b", name="x")
    Person.objects.filter(handle="p12").delete()
    second = paging.page_of(Person.objects.all(), ("handle",), cursor=first.next, limit=10)
    assert [row.handle for row in second.items] == [f"p{n:02}" for n in (10, 11, 13, 14, 15, 16, 17, 18, 19, 20)]


def test_a_page_is_one_statement(people, django_assert_num_queries):
    cursor = paging.page_of(Person.objects.all(), ("-created_at", "-pk"), limit=5).next
    with django_assert_num_queries(1):
        paging.page_of(Person.objects.all(), ("-created_at", "-pk"), cursor=cursor, limit=5)


@pytest.mark.parametrize("limit", [0, -1, 101, 10**9])
def test_limits_are_bounded(db, limit):
    with pytest.raises(Invalid) as refused:
        paging.page_of(Person.objects.all(), ("handle",), limit=limit)
    assert refused.value.field == "limit"


def written(*values) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    ["x", "====", "ä", "a" * 5_000, written(), written(1), written("2026-01-01", "x"), written("2026-01-01T00:00:00", "x"),
     written("9999-99-99T00:00:00+00:00", "x"), written(None, None), written({}, []), written("2026-01-01T00:00:00Z", "x"),
     base64.urlsafe_b64encode(b"[" * 900).decode()],
)  # fmt: skip
@pytest.mark.security
def test_a_cursor_that_is_none_is_refused(db, cursor):
    with pytest.raises(Invalid) as refused:
        paging.page_of(Person.objects.all(), ("-created_at", "pk"), cursor=cursor)
    assert refused.value.field == "cursor"


@pytest.mark.parametrize("cursor", [written("a\0"), written("\ud800"), written(1), written(True)])
def test_a_text_that_no_database_takes_is_refused(db, cursor):
    with pytest.raises(Invalid):
        paging.page_of(Person.objects.all(), ("handle",), cursor=cursor)


@given(st.text())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_as_cursor_is_refused_or_answers(db, cursor):
    with contextlib.suppress(Invalid):
        paging.page_of(Person.objects.all(), ("-created_at", "pk"), cursor=cursor, limit=1)
