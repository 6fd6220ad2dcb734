"""A row that is written alone is the row that `save` would make."""

import pytest
from django.db import IntegrityError, transaction
from tests.conftest import make_hub

from nexus.hubs.models import Activity, Hub
from nexus.pages.models import Blob
from nexus.statements.single import insert_one, update_one

pytestmark = pytest.mark.django_db


def test_an_insertion_arrives_with_its_number(cast, django_assert_num_queries):
    hub = make_hub(cast)
    person = Activity.objects.filter(hub=hub)[0].person
    said = {"n": [1, "ü", None, "%s", "\\N"], "deep": {"a": True}}
    rows = [Activity(hub=hub, seq=1000 + n, verb="x", person=person, door="cli", data=said) for n in range(3)]
    for row in rows:
        with django_assert_num_queries(1):
            insert_one(row)
        assert not row._state.adding
    found = list(Activity.objects.filter(seq__gte=1000).order_by("seq"))
    assert [row.pk for row in rows] == [row.pk for row in found]
    assert [row.data for row in found] == [said] * 3
    assert [row.at for row in found] == [row.at for row in rows]
    rows[0].verb = "y"
    rows[0].save()  # it is known where it came from: no second row
    assert Activity.objects.filter(seq=1000).get().verb == "y"


def test_a_key_that_is_there_is_an_error_or_left_alone():
    first = Blob(hash="a" * 64, size=1, is_text=True, data=b"a\x00\xff")
    insert_one(first)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_one(Blob(hash="a" * 64, size=2, is_text=True, data=b"bb"))
    insert_one(Blob(hash="a" * 64, size=2, is_text=True, data=b"bb"), unless_there=True)
    assert bytes(Blob.objects.get().data) == b"a\x00\xff"


def test_an_update_changes_its_row_alone(cast, django_assert_num_queries):
    hub, other = make_hub(cast), make_hub(cast, slug="other")
    with django_assert_num_queries(1):
        update_one(Hub, hub.pk, {"title": "%s 'new'", "max_pages": None, "sequence": 41})
    hub.refresh_from_db()
    assert (hub.title, hub.max_pages, hub.sequence) == ("%s 'new'", None, 41)
    before = other.title
    other.refresh_from_db()
    assert (other.title, other.sequence) == (before, Hub.objects.get(pk=other.pk).sequence)
    assert other.title != "%s 'new'"
