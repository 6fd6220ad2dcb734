"""Many rows at once are the rows that one insertion each would make, on every database."""

import pytest
from django.db import IntegrityError, transaction
from django.test import TestCase
from tests.conftest import make_hub

from nexus.base.ids import content_hash, text_key
from nexus.hubs.models import Activity
from nexus.pages.inserting import insert_many
from nexus.pages.models import Blob, Folder, StoredDocument

#: What COPY has a meaning for, and what quoting may break.
AWKWARD = (
    "plain",
    "tab\there",
    "line\nend\r\n",
    "\\N",
    "\\.",
    "back\\slash",
    "'quotes\"",
    "ሰላም ",
    "",
    "{}",
    "%s %(x)s",
)
MANY = 50


def blobs(number: int = MANY) -> list[Blob]:
    texts = [f"{AWKWARD[n % len(AWKWARD)]}{n}".encode() for n in range(number - 1)] + [bytes(range(256))]
    return [Blob(hash=content_hash(text), size=len(text), is_text=True, data=text) for text in texts]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, MANY, 450])
def test_values_arrive_as_they_were(number):
    rows = blobs(number)
    insert_many(Blob, iter(rows))
    assert {b.hash: bytes(b.data) for b in Blob.objects.all()} == {b.hash: b.data for b in rows}
    documents = [
        StoredDocument(key=text_key(b.hash), blob=b, parser="p", title=AWKWARD[n % 11], data=AWKWARD[n % 11])
        for n, b in enumerate(rows)
    ]
    insert_many(StoredDocument, documents)
    stored = {d.key: (d.title, d.data, d.stored_at) for d in StoredDocument.objects.all()}
    assert stored == {d.key: (d.title, d.data, d.stored_at) for d in documents}


@pytest.mark.django_db
def test_numbers_json_and_nothing_arrive(cast):
    hub = make_hub(cast)
    person = Activity.objects.filter(hub=hub)[0].person
    rows = [
        Activity(hub=hub, seq=1000 + n, verb="x", person=person, door="cli", data={"n": [n, "ü", None]})
        for n in range(MANY)
    ]
    before = Activity.objects.count()
    insert_many(Activity, rows)
    found = Activity.objects.filter(seq__gte=1000).order_by("seq")
    assert [row.data["n"] for row in found] == [[n, "ü", None] for n in range(MANY)]
    assert Activity.objects.count() == before + MANY


@pytest.mark.django_db
def test_a_row_that_is_there_is_left_out_or_refused():
    rows = blobs()
    rows[3].save(force_insert=True)
    insert_many(Blob, blobs(), ignore_conflicts=True)
    assert Blob.objects.count() == MANY
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many(Blob, blobs())


@pytest.mark.django_db
def test_a_few_hundred_are_one_statement(cast):
    hub = make_hub(cast)
    folders = (
        Folder(hub=hub, path=f"{n}", path_key=text_key(f"{n}"), parent_key=text_key(""), name=f"{n}", count=1)
        for n in range(200)
    )
    with TestCase().assertNumQueries(1):
        insert_many(Folder, folders)
