"""The index follows every change, keeps identities, and equals a rebuild."""

import pytest

from nexus.base.errors import Denied, NotFound
from nexus.hubs.caching import Basis
from nexus.knowledge import queries
from nexus.knowledge.actions import reindex
from nexus.knowledge.models import Entry, EntryTopic
from nexus.knowledge.tasks import follow
from nexus.markdown import PARSER_VERSION
from nexus.pages import actions, documents
from nexus.pages.models import Folder, Page, StoredDocument
from nexus.pages.queries import path_for

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = """# Lea's hub

## Key Technologies

- **Docker**: containers
- **DRF**: APIs
- **PostgreSQL**: the database

## Challenges & Solutions

- **Challenge:** Queries repeated for every row of a list page. **Solution:** select_related and prefetch_related.
- **Challenge:** The container could not reach the database. **Solution:** The host is `db`, not localhost.

## Best Practices

- Write tests before the fix
"""


@pytest.fixture
def lea(cast, hub):
    return cast.lea


def edit(actor, path: str, text: str) -> None:
    base = path_for(actor, "cohort", path).head_id
    actions.edit_page(actor, "cohort", path, text.encode(), base=base)


def titles(actor, kind: str = "") -> list[str]:
    return [entry.title for entry in queries.entries(actor, "cohort", kind=kind)]


def snapshot() -> dict[str, list]:
    """All of the index, without what a rebuild may give another number."""
    return {
        "entries": sorted(Entry.objects.values_list()),
        "topics": sorted(EntryTopic.objects.values_list("entry", "topic")),
        "folders": sorted(Folder.objects.values_list("hub", "path", "path_key", "parent_key", "name", "count")),
        "titles": sorted(Page.objects.values_list("pk", "title")),
        "documents": sorted(StoredDocument.objects.values_list("key", "title", "data")),
    }


def test_a_page_is_read_as_soon_as_it_is_written(lea):
    actions.create_page(lea, "cohort", "README.md", TEXT.encode())
    assert titles(lea, "technology") == ["Docker", "DRF", "PostgreSQL"]
    assert len(titles(lea, "challenge")) == 2
    assert titles(lea, "practice") == ["Write tests before the fix"]
    assert queries.counts(Basis(lea), queries.Scope(path_for(lea, "cohort", "README.md").hub)) == {
        "technology": 3, "challenge": 2, "practice": 1,
    }  # fmt: skip


def test_spellings_meet_in_one_topic(lea):
    actions.create_page(lea, "cohort", "a.md", TEXT.encode())
    actions.create_page(lea, "cohort", "b.md", TEXT.replace("DRF", "Django REST Framework").encode())
    about = EntryTopic.objects.filter(entry__title__in=["DRF", "Django REST Framework"])
    assert about.count() == 2
    assert len(set(about.values_list("topic", flat=True))) == 1


def test_identity_survives_rewording_reordering_and_moving(lea):
    actions.create_page(lea, "cohort", "README.md", TEXT.encode())
    before = {e.title: e.pk for e in Entry.objects.all()}
    first, second = (line for line in TEXT.splitlines() if "Challenge:" in line)
    reordered = TEXT.replace(first, "X").replace(second, first).replace("X", second).replace("every row", "each row")
    edit(lea, "README.md", "Some words first.\n\n" + reordered)
    actions.move_page(lea, "cohort", "README.md", "lea/notes.md")
    after = {e.title: e.pk for e in Entry.objects.filter(is_present=True)}
    assert set(after.values()) == set(before.values())
    assert after["Docker"] == before["Docker"]


def test_what_is_taken_out_is_gone_and_comes_back_as_itself(lea):
    actions.create_page(lea, "cohort", "README.md", TEXT.encode())
    redis = Entry.objects.get(title="PostgreSQL").pk
    edit(lea, "README.md", TEXT.replace("- **PostgreSQL**: the database\n", ""))
    assert "PostgreSQL" not in titles(lea)
    assert Entry.objects.get(pk=redis).is_present is False
    edit(lea, "README.md", TEXT)
    assert Entry.objects.get(title="PostgreSQL", is_present=True).pk == redis


def test_deleted_pages_say_nothing_until_restored(cast, lea):
    actions.create_page(lea, "cohort", "README.md", TEXT.encode())
    ids = set(Entry.objects.values_list("pk", flat=True))
    actions.delete_page(lea, "cohort", "README.md")
    assert titles(lea) == []
    assert not EntryTopic.objects.exists()
    actions.restore_page(cast.mona, "cohort", "README.md")
    assert {e.pk for e in queries.entries(lea, "cohort")} == ids


def test_only_readers_find_entries(cast, lea):
    actions.create_page(lea, "cohort", "README.md", TEXT.encode())
    assert len(titles(cast.gus)) == 6
    for name in ("charlie", "rita", "oscar", "anonymous"):
        with pytest.raises(NotFound):
            titles(getattr(cast, name))


def test_reindexing_changes_nothing(cast, lea):
    for path in ("README.md", "a/b.md", "a/c/d.md"):
        actions.create_page(lea, "cohort", path, TEXT.replace("Docker", path).encode())
    edit(lea, "a/b.md", TEXT.replace("DRF", "Celery"))
    actions.move_page(lea, "cohort", "a/c", "z")
    actions.delete_page(lea, "cohort", "README.md")
    before = snapshot()
    assert reindex(cast.operator)["parsed"] == 0
    assert snapshot() == before


def test_reindexing_makes_everything_anew(cast, lea):
    actions.create_page(lea, "cohort", "a/README.md", TEXT.encode())
    before = snapshot()
    StoredDocument.objects.all().delete()
    Folder.objects.update(count=77)
    Page.objects.update(title="wrong")
    # What an entry says of itself is what it is matched by; the rest is only index.
    Entry.objects.update(confidence=0, end=0, reason="", fingerprint=None)
    EntryTopic.objects.all().delete()
    result = reindex(cast.operator, "cohort")
    assert result == {"parsed": 1, "hubs": 1, "entries": 6}
    assert snapshot()["documents"] == before["documents"]
    assert snapshot()["folders"] == before["folders"]
    assert snapshot()["titles"] == before["titles"]
    assert snapshot()["entries"] == before["entries"]
    assert snapshot()["topics"] == before["topics"]


def test_older_parses_are_served_until_reindexing_ends(lea, cast):
    actions.create_page(lea, "cohort", "a.md", TEXT.encode())
    row = StoredDocument.objects.get()
    StoredDocument.objects.all().delete()
    StoredDocument.objects.create(key="0" * 64, blob=row.blob, parser="older", title="Old", data=row.data)
    assert documents.documents([row.blob_id])
    reindex(cast.operator)
    assert list(StoredDocument.objects.values_list("parser", flat=True)) == [PARSER_VERSION]


def test_reindexing_is_the_operators(cast, hub):
    with pytest.raises(Denied):
        reindex(cast.alice)


def test_a_lost_nudge_only_delays(lea, hub, settings):
    settings.NEXUS_FOLLOWERS = []
    actions.create_page(lea, "cohort", "README.md", TEXT.encode())
    edit(lea, "README.md", TEXT.replace("Docker", "Podman"))
    assert titles(lea) == []
    follow(hub.pk)
    assert "Podman" in titles(lea)
    before = snapshot()
    follow(hub.pk)
    assert snapshot() == before
