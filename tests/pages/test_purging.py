"""A purge takes a file or a passage out of everything that is kept (S9 of the catalogue: 0 canaries, in a dump as well)."""

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.db import transaction

from nexus.base.errors import Conflict, Denied, Invalid, Limited, NotFound, Throttled
from nexus.exchange.actions import import_source
from nexus.exchange.jobs import start_export
from nexus.exchange.models import Job
from nexus.hubs import following, purges
from nexus.hubs.models import Activity, Hub, Purge
from nexus.knowledge import invariants as knowledge
from nexus.knowledge.models import Entry, Topic
from nexus.pages import actions, blobs, erasing, history, invariants, purging, queries
from nexus.pages.models import Blob, Change, Page, PurgedContent, Version
from nexus.search import invariants as searching
from nexus.search.queries import search

pytestmark = pytest.mark.security

KEY = "Zx9-canary-4711-äß"
PAGE = f"""# Week 1

## Challenges

- **Deploying with {KEY}**: the error was `ValueError: {KEY} is wrong`. Solution: turned {KEY} off.

## Technologies

- **{KEY}**: a key that is a name
"""


def text_at(actor, path: str) -> bytes:
    return blobs.read(queries.path_for(actor, "cohort", path).blob)


def edit(actor, path: str, text: str, **more):
    base = queries.path_for(actor, "cohort", path).head_id
    return actions.edit_page(actor, "cohort", path, text.encode(), base=base, **more)


def dump() -> str:
    """Every row of every table, as text."""
    rows = [row for model in apps.get_models() if model._meta.managed for row in model._base_manager.all()]
    said = serializers.serialize("jsonl", rows, ensure_ascii=False)
    texts = [bytes(blob.data).decode() for blob in Blob.objects.filter(data__isnull=False)]
    return "\n".join([said, *texts])


def on_disk() -> bytes:
    return b"".join(path.read_bytes() for path in Path(settings.DATA_DIR).rglob("*") if path.is_file())


def check_whole() -> None:
    for hub in Hub.objects.all():
        following.run(hub.pk)
    assert [*invariants.invariants(), *knowledge.invariants(), *searching.invariants()] == []


@pytest.fixture
def written(cast, hub):
    """A key in a page's first version, in one that was deleted, in a message, in a copy, in a file; and a page without."""
    actions.create_page(cast.lea, "cohort", "lea/week.md", PAGE.encode(), message=f"Add {KEY}")
    edit(cast.lea, "lea/week.md", "# Week 1\n\n- nothing of it any more\n")
    actions.create_page(cast.leo, "cohort", "leo/copy.md", PAGE.replace("\n", "\r\n").encode())
    actions.create_page(cast.leo, "cohort", "leo/gone.md", f"# {KEY}\n\nand more\n".encode())
    actions.delete_page(cast.leo, "cohort", "leo/gone.md")
    actions.create_page(cast.leo, "cohort", ".env", f"SECRET={KEY}\n".encode())
    actions.create_page(cast.lea, "cohort", "lea/fine.md", b"# Fine\n\n## Technologies\n\n- **Redis**: caching\n")
    return cast


def test_a_passage_is_gone_from_everything(written, django_capture_on_commit_callbacks):
    assert KEY in dump()
    with django_capture_on_commit_callbacks(execute=True):
        done = purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    assert (done.found.versions, done.found.pages, done.found.messages) == (5, 4, 1)
    said = dump()
    for form in (KEY, json.dumps(KEY)[1:-1], KEY.casefold(), "canary-4711"):
        assert form not in said
    assert text_at(written.alice, "leo/copy.md") == PAGE.replace(KEY, "[purged]").replace("\n", "\r\n").encode()
    assert text_at(written.alice, ".env") == b"SECRET=[purged]\n"
    assert Change.objects.get(message__startswith="Add").message == "Add [purged]"
    check_whole()


def test_the_log_says_who_and_where_and_not_what(written):
    done = purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    last = Activity.objects.order_by("-seq").first()
    assert (last.verb, last.person.handle, done.change.seq) == ("change.purge", "alice", last.seq)
    paths = set(Version.objects.filter(change=done.change).values_list("path", flat=True))
    assert paths == {"lea/week.md", "leo/copy.md", "leo/gone.md", ".env"}
    assert KEY not in json.dumps(Purge.objects.get().what)
    assert queries.path_for(written.alice, "cohort", "lea/fine.md").seq < done.change.seq


def test_what_is_told_before_names_the_lines_without_the_passage(written):
    before = dump()
    found = purging.look_for(written.alice, "cohort", passage=KEY)
    assert dump() == before
    told = {(place.path, place.line): place.text for place in found.places}
    assert told[".env", 1] == "SECRET=[purged]"
    assert told["leo/copy.md", 5].startswith("- **Deploying with [purged]**")
    assert KEY not in json.dumps(found.to_json(), ensure_ascii=False)


def test_a_line_end_is_any_line_end(written):
    actions.create_page(written.lea, "cohort", "pem.md", b"-----BEGIN\r\nabcdefgh\r\nEND-----\r\n")
    done = purging.purge(written.alice, "cohort", passage="-----BEGIN\nabcdefgh\nEND-----", confirm="cohort")
    assert done.found.versions == 1
    assert text_at(written.lea, "pem.md") == b"[purged]\r\n"


def test_a_file_is_gone_with_all_its_versions(written):
    actions.create_page(written.lea, "cohort", "lea/dump.bin", f"\0\xff{KEY}".encode("latin-1"))
    edit(written.lea, "lea/week.md", f"# Again {KEY}\n")
    name = Version.objects.get(path="lea/dump.bin").blob_id
    done = purging.purge(written.alice, "cohort", path="lea/dump.bin", confirm="cohort")
    assert done.found.versions == 1
    assert not Blob.objects.filter(pk=name).exists()
    with pytest.raises(NotFound):
        queries.path_for(written.alice, "cohort", "lea/dump.bin")
    purging.purge(written.alice, "cohort", path="lea/week.md", confirm="cohort")
    versions = Version.objects.filter(path="lea/week.md").order_by("number")
    assert [blobs.read(version.blob) for version in versions] == [b"[purged]\n"] * 4
    assert not Entry.objects.filter(page=versions[0].page, is_present=True).exists()
    check_whole()


def test_the_bytes_of_a_file_leave_the_disk(written, django_capture_on_commit_callbacks):
    actions.create_page(written.lea, "cohort", "lea/dump.bin", b"\0\xff\0 canary of a file")
    assert b"canary of a file" in on_disk()
    with django_capture_on_commit_callbacks(execute=True):
        purging.purge(written.alice, "cohort", path="lea/dump.bin", confirm="cohort")
    assert b"canary of a file" not in on_disk()


def test_a_markdown_file_that_was_no_text_is_a_page_afterwards(written):
    actions.create_page(written.lea, "cohort", "utf16.md", "# Secret".encode("utf-16"))
    purging.purge(written.alice, "cohort", path="utf16.md", confirm="cohort")
    actions.restore_page(written.mona, "cohort", "utf16.md")
    check_whole()


def test_copies_of_a_file_are_named_and_kept(written):
    text = b"the same in two files, and long enough to tell\n"
    for path in ("one.txt", "two.txt"):
        actions.create_page(written.lea, "cohort", path, text)
    done = purging.purge(written.alice, "cohort", path="one.txt", confirm="cohort")
    assert done.found.copies == ["two.txt"]
    assert text_at(written.lea, "two.txt") == text
    again = purging.purge(written.alice, "cohort", path="two.txt", confirm="cohort")
    assert again.found.copies == []
    assert text.decode() not in dump()


def test_another_hub_keeps_its_own(written, other_hub_text):
    purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    page = queries.path_for(written.bob, "elsewhere", "copy.md")
    assert blobs.read(page.blob) == PAGE.encode()
    assert not Version.objects.filter(page__hub__slug="cohort", blob=page.blob).exists()
    check_whole()


@pytest.fixture
def other_hub_text(written):
    from nexus.hubs.actions import create_hub

    create_hub(written.bob, "elsewhere", title="Elsewhere")
    actions.create_page(written.bob, "elsewhere", "copy.md", PAGE.encode())


def test_what_is_purged_does_not_come_back_as_it_was(written, tmp_path):
    (tmp_path / "week.md").write_text(PAGE)
    (tmp_path / "notes.md").write_text("# Notes\n\nof a file that is purged as a whole\n")
    import_source(written.lea, "cohort", tmp_path, prefix="in")
    purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    purging.purge(written.alice, "cohort", path="in/notes.md", confirm="cohort")
    report = import_source(written.lea, "cohort", tmp_path, prefix="in")
    assert report.change is None
    assert report.files.purged == ["in/week.md"]
    assert [noted.path for noted in report.files.refused] == ["in/notes.md"]
    assert KEY not in dump()
    assert "purged as a whole" not in dump()
    with pytest.raises(Conflict) as refused:
        actions.create_page(written.lea, "cohort", "again.md", PAGE.encode())
    assert refused.value.code == "purged_content"
    assert KEY not in dump()


def test_who_began_before_a_purge_is_shown_a_conflict(written):
    """A merge would bring the passage back: their text holds it, and both former sides do not any more."""
    base = queries.path_for(written.leo, "cohort", "leo/copy.md").head_id
    purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    text = PAGE.replace("\n", "\r\n") + "and a line\r\n"
    with pytest.raises(Conflict) as refused:
        actions.edit_page(written.leo, "cohort", "leo/copy.md", text.encode(), base=base, on_stale="merge")
    assert refused.value.code == "stale_version"
    assert text_at(written.leo, "leo/copy.md").count(KEY.encode()) == 0


def test_it_cannot_be_taken_back(written):
    done = purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    with pytest.raises(Invalid) as refused:
        actions.revert_change(written.alice, "cohort", done.change.seq)
    assert refused.value.code == "purge_is_final"
    change = Version.objects.get(page__path="lea/week.md", number=2).change
    actions.revert_change(written.alice, "cohort", change.seq)  # what was done before still can
    assert text_at(written.alice, "lea/week.md") == PAGE.replace(KEY, "[purged]").encode()
    check_whole()


def test_only_owners_purge(written):
    for actor in (written.mona, written.lea, written.gus):
        with pytest.raises(Denied):
            purging.purge(actor, "cohort", passage=KEY, confirm="cohort")
        with pytest.raises(Denied):
            purging.look_for(actor, "cohort", passage=KEY)
    with pytest.raises(NotFound):
        purging.look_for(written.charlie, "cohort", passage=KEY)
    assert KEY in dump()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "path"),
        ({"path": "a.md", "passage": KEY}, "path"),
        ({"passage": "short"}, "passage"),
        ({"passage": " \n \n      \n"}, "passage"),
        ({"passage": "a\nb\nc\nd\ne\nf\ng"}, "passage"),
        ({"passage": "x" * 10_001}, "passage"),
        ({"passage": "said nowhere"}, "passage"),
        ({"passage": "no database takes \0 that"}, "passage"),
        ({"passage": "nor \ud800 is any text"}, "passage"),
    ],
)
def test_what_is_no_purge_is_refused(written, asked, field):
    with pytest.raises(Invalid) as refused:
        purging.purge(written.alice, "cohort", **asked, confirm="cohort")
    assert refused.value.field == field
    assert refused.value.value is None  # it goes into logs
    with pytest.raises(NotFound):
        purging.purge(written.alice, "cohort", path="nowhere.md", confirm="cohort")


def test_the_address_is_asked_for(written):
    with pytest.raises(Invalid) as refused:
        purging.purge(written.alice, "cohort", passage=KEY, confirm="yes")
    assert refused.value.field == "confirm"
    assert KEY in dump()


def test_what_is_in_too_many_texts_is_refused(written, monkeypatch):
    monkeypatch.setattr(purging, "MAX_CONTENTS", 2)
    with pytest.raises(Limited) as refused:
        purging.look_for(written.alice, "cohort", passage=KEY)
    assert refused.value.code == "too_many_found"


def test_what_a_passage_leaves_is_named(written):
    actions.create_page(written.lea, "cohort", f"{KEY}.md", b"# Named so\n")
    actions.create_page(written.lea, "cohort", "dump.bin", f"\0{KEY}\0".encode())
    found = purging.look_for(written.alice, "cohort", passage=KEY)
    assert found.left == [f"{KEY}.md", "dump.bin"]


def test_a_message_alone_is_purged_too(cast, hub):
    actions.create_page(cast.lea, "cohort", "a.md", b"# A\n", message=f"with {KEY}")
    done = purging.purge(cast.alice, "cohort", passage=KEY, confirm="cohort")
    assert (done.found.versions, done.found.messages) == (0, 1)
    assert KEY not in dump()
    assert [version.path for version in done.change.versions.all()] == ["a.md"]


def found(actor):
    for hub in Hub.objects.all():
        following.run(hub.pk)
    return search(actor, "canary-4711").results


def test_topics_and_search_forget(written):
    assert found(written.alice)
    purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    assert not found(written.alice)
    assert not Topic.objects.filter(slug__contains="4711").exists()
    assert Topic.objects.filter(slug="redis").exists()


def test_a_message_is_cut_once_however_often_it_is_asked_for(cast, hub):
    """What follows a passage in a longer message is not what the ledger speaks of the second time."""
    actions.create_page(cast.lea, "cohort", "a.md", b"# A\n", message=f"{KEY} and then {'some more words ' * 5}")
    purging.purge(cast.alice, "cohort", passage=KEY, confirm="cohort")
    said = Change.objects.get(message__contains="some more").message
    purge = Purge.objects.get()
    erasing.erase(purge.hub_id, purge.what)
    assert (
        Change.objects.get(message__contains="some more").message
        == said
        == f"[purged] and then {'some more words ' * 5}".strip()
    )


def test_others_keep_the_answers_to_what_they_sent(written):
    from nexus.accounts.models import IdempotencyKey

    for name in ("lea", "charlie"):
        IdempotencyKey.objects.create(name=name, user=written.user(name), fingerprint="x", body="{}")
    purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    assert list(IdempotencyKey.objects.values_list("name", flat=True)) == ["charlie"]


def test_how_often_one_may_look_is_bounded(written):
    for _ in range(purging.LOOKS):
        purging.look_for(written.alice, "cohort", passage=KEY)
    with pytest.raises(Throttled):
        purging.look_for(written.alice, "cohort", passage=KEY)
    with pytest.raises(Throttled):
        purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")


def test_large_files_that_were_not_looked_through_are_counted(written, monkeypatch):
    actions.create_page(written.lea, "cohort", "a.bin", b"\0" * 100)
    actions.create_page(written.lea, "cohort", "b.bin", b"\0\1" * 100)
    monkeypatch.setattr(purging, "MAX_FILE_BYTES", 150)
    assert purging.look_for(written.alice, "cohort", passage=KEY).unread == 1


def test_a_content_of_very_many_versions_is_purged(written, monkeypatch):
    monkeypatch.setattr(erasing, "_CHUNK", 2)
    for n in range(7):
        actions.create_page(written.lea, "cohort", f"same/{n}.md", f"the same {KEY}\n".encode())
    done = purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    assert done.found.pages == 11
    assert KEY not in dump()
    check_whole()


def test_a_folder_that_is_not_there_is_made_for_the_ledger(
    written, tmp_path, settings, django_capture_on_commit_callbacks
):
    settings.DATA_DIR = tmp_path / "not" / "there"
    with django_capture_on_commit_callbacks(execute=True):
        purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    assert purges.ledger_file().read_text().count("\n") == 1


def test_packed_exports_are_gone(written, django_capture_on_commit_callbacks):
    job = start_export(written.alice, "cohort", "zip")
    Job.objects.filter(pk=job.pk).update(state="done")
    with django_capture_on_commit_callbacks(execute=True):
        purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    assert not Job.objects.filter(pk=job.pk).exists()


def test_an_older_state_is_purged_again(written):
    """What a restore does: the same ledger, over rows as they were before."""
    point = transaction.savepoint_create()
    purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    purging.purge(written.alice, "cohort", path="lea/fine.md", confirm="cohort")
    ledger = [(purge.hub_id, purge.what) for purge in Purge.objects.order_by("pk")]
    transaction.savepoint_rollback(point)
    assert KEY in dump()
    for hub_id, what in [*ledger, *ledger]:
        erasing.erase(hub_id, what)
    assert KEY not in dump()
    assert text_at(written.alice, "lea/fine.md") == b"[purged]\n"
    assert Hub.objects.get(slug="cohort").purges == 3  # the passage was not there any more
    check_whole()


def test_how_many_pages_say_it_changes_no_number_of_statements_but_its_own(written, django_assert_max_num_queries):
    for n in range(30):
        actions.create_page(written.lea, "cohort", f"many/{n}.md", f"# {n}\n\nanother passage {n}\n".encode())
    with django_assert_max_num_queries(12):
        purging.look_for(written.alice, "cohort", passage="another passage")


def test_the_ledger_outlives_a_damaged_line(written, tmp_path, settings, caplog, django_capture_on_commit_callbacks):
    settings.DATA_DIR = tmp_path
    with django_capture_on_commit_callbacks(execute=True):
        purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    path = purges.ledger_file()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text('{"id": "broken\n' + path.read_text())
    Purge.objects.all().delete()
    assert [purge.what["contents"] != {} for purge in purges.known()] == [True]
    with pytest.raises(Invalid) as refused:
        purges.known(beside=path)
    assert refused.value.code == "no_ledger"


def test_blame_and_differences_read_on(written):
    purging.purge(written.alice, "cohort", passage=KEY, confirm="cohort")
    page = history.page_once_at(written.alice, "cohort", "lea/week.md")
    versions = history.versions_before(written.alice, page, before=None, limit=10)
    assert history.blamed(written.alice, versions[0]).is_whole
    assert history.compared(versions[1], versions[0]).added == 0
    assert PurgedContent.objects.count() >= 4
    assert Page.objects.filter(blob__data=None).count() == 0
