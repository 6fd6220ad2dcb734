"""Create, edit, move, delete, restore, revert: through the actions, as people would."""

import pytest

from nexus.base.errors import Conflict, Denied, Invalid, NotFound
from nexus.hubs.models import Activity
from nexus.pages import actions, blobs, queries
from nexus.pages.models import Change, Folder, Page, StoredDocument, Version

README = b"\xef\xbb\xbf# My hub\r\nLine one  \nLine two\r\n\r\nno final newline \xf0\x9f\x8c\x8d"


@pytest.fixture
def lea(cast, hub):
    return cast.lea


def text_at(actor, path: str) -> bytes:
    return blobs.read(queries.path_for(actor, "cohort", path).blob)


def head(actor, path: str):
    return queries.path_for(actor, "cohort", path).head_id


def edit(actor, path, content, **kwargs):
    return actions.edit_page(actor, "cohort", path, content, **{"base": head(actor, path), **kwargs})


@pytest.mark.parametrize(
    "content",
    [
        README,
        b"",
        b"\n",
        b"\r",
        b"a\r\nb\nc\r",
        "é e\u0301 \u202e اَلْعَرَبِيَّةُ".encode(),
        b"\x00\xff binary",
        b"PK\x03\x04" * 9,
    ],
)
def test_what_goes_in_comes_out_byte_for_byte(lea, content):
    actions.create_page(lea, "cohort", "ada/README.md", content)
    assert text_at(lea, "ada/README.md") == content


def test_markdown_that_is_no_utf8_is_a_file(lea):
    actions.create_page(lea, "cohort", "utf16.md", "# Hallo".encode("utf-16"))
    actions.create_page(lea, "cohort", "page.md", b"# Hallo")
    assert queries.path_for(lea, "cohort", "utf16.md").kind == "file"
    assert queries.path_for(lea, "cohort", "page.md").kind == "page"


def test_equal_texts_are_stored_and_parsed_once(lea):
    for name in ("a.md", "b.md", "c/d.md"):
        actions.create_page(lea, "cohort", name, README)
    assert StoredDocument.objects.count() == 1
    assert Version.objects.values("blob").distinct().count() == 1


def test_edit_keeps_what_it_replaced(lea):
    actions.create_page(lea, "cohort", "a.md", b"one")
    change = edit(lea, "a.md", b"two", message="better")
    assert text_at(lea, "a.md") == b"two"
    assert [blobs.read(v.blob) for v in queries.versions(lea, "cohort", "a.md")] == [b"two", b"one"]
    assert (change.message, change.author.handle) == ("better", "lea")


def test_edit_to_the_same_text_is_no_change(lea, hub):
    actions.create_page(lea, "cohort", "a.md", b"one")
    before = Activity.objects.filter(hub=hub).count()
    assert edit(lea, "a.md", b"one") is None
    assert Activity.objects.filter(hub=hub).count() == before


def test_stale_edit_is_refused_and_stores_no_version(lea):
    actions.create_page(lea, "cohort", "a.md", b"one")
    base = head(lea, "a.md")
    edit(lea, "a.md", b"two")
    with pytest.raises(Conflict) as refused:
        edit(lea, "a.md", b"three", base=base)
    assert refused.value.code == "stale_version"
    assert refused.value.details["base"] == str(base)
    assert refused.value.details["current"] == str(head(lea, "a.md"))
    assert text_at(lea, "a.md") == b"two"


def test_stale_edit_merges_when_asked(lea):
    actions.create_page(lea, "cohort", "a.md", b"1\n2\n3\n4\n5\n")
    base = head(lea, "a.md")
    edit(lea, "a.md", b"1 lea\n2\n3\n4\n5\n")
    edit(lea, "a.md", b"1\n2\n3\n4\n5 leo\n", base=base, on_stale="merge")
    assert text_at(lea, "a.md") == b"1 lea\n2\n3\n4\n5 leo\n"


def test_merge_conflict_stores_nothing_and_names_both_sides(lea):
    actions.create_page(lea, "cohort", "a.md", b"one\n")
    base = head(lea, "a.md")
    edit(lea, "a.md", b"two\n")
    with pytest.raises(Conflict) as refused:
        edit(lea, "a.md", b"three\n", base=base, on_stale="merge")
    assert refused.value.code == "merge_conflict"
    assert Version.objects.count() == 2
    # The writer's text is not lost: it is stored by its hash.
    from nexus.pages.models import Blob

    assert blobs.read(Blob.objects.get(hash=refused.value.details["proposed"])) == b"three\n"


def test_base_must_be_a_version_of_that_page(lea):
    actions.create_page(lea, "cohort", "a.md", b"one")
    actions.create_page(lea, "cohort", "b.md", b"other")
    with pytest.raises(Invalid) as refused:
        edit(lea, "a.md", b"two", base=head(lea, "b.md"))
    assert refused.value.code == "unknown_version"


def test_move_page_keeps_its_history(lea):
    actions.create_page(lea, "cohort", "a.md", b"one")
    actions.move_page(lea, "cohort", "a.md", "b/c.md")
    assert [v.path for v in queries.versions(lea, "cohort", "b/c.md")] == ["b/c.md", "a.md"]
    with pytest.raises(NotFound):
        queries.path_for(lea, "cohort", "a.md")


def test_move_folder_moves_everything_below_and_nothing_beside(lea):
    for path in ("a/x.md", "a/b/y.md", "a/b/pic.png", "ab/z.md", "A/x.md"):
        actions.create_page(lea, "cohort", path, path.encode())
    change = actions.move_page(lea, "cohort", "a", "new/home")
    live = set(queries.all_paths(lea, "cohort").values_list("path", flat=True))
    assert live == {"new/home/x.md", "new/home/b/y.md", "new/home/b/pic.png", "ab/z.md", "A/x.md"}
    assert change.versions.count() == 3


@pytest.mark.parametrize(("source", "target"), [("a", "a/b"), ("a", "a/b/c"), ("a", "a")])
def test_folder_cannot_go_into_itself(lea, source, target):
    actions.create_page(lea, "cohort", "a/x.md", b"")
    with pytest.raises(Invalid):
        actions.move_page(lea, "cohort", source, target)


def test_one_thing_at_a_path(lea):
    actions.create_page(lea, "cohort", "a.md", b"one")
    with pytest.raises(Conflict) as refused:
        actions.create_page(lea, "cohort", "a.md", b"two")
    assert (refused.value.code, refused.value.value) == ("path_taken", "a.md")


@pytest.mark.parametrize("second", ["a/b", "a/b/c/d.md"])
def test_no_page_where_a_folder_is_nor_a_folder_where_a_page_is(lea, second):
    actions.create_page(lea, "cohort", "a/b/c", b"one")
    with pytest.raises(Conflict) as refused:
        actions.create_page(lea, "cohort", second, b"two")
    assert refused.value.code == "path_taken"


def test_twins_by_case_accent_form_and_trailing_space_are_two_paths(lea):
    twins = ["Note.md", "note.md", "caf\u00e9.md", "cafe\u0301.md", "note.md ", "note.md  ", "x/ ", "x/  "]
    for path in twins:
        actions.create_page(lea, "cohort", path, path.encode())
    for path in twins:
        assert text_at(lea, path) == path.encode()
    actions.delete_page(lea, "cohort", "note.md")
    actions.restore_page(cast_operator(), "cohort", "note.md")
    assert text_at(lea, "note.md") == b"note.md"


def cast_operator():
    from nexus.accounts.actor import Actor

    return Actor.operator()


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", ".", "..", "a\0b", "x" * 1025, "\ud800"]
)
def test_paths_that_cannot_be(lea, path):
    with pytest.raises(Invalid) as refused:
        actions.create_page(lea, "cohort", path, b"")
    assert (refused.value.code, refused.value.field) == ("invalid_path", "path")
    assert refused.value.remedy


def test_longest_path_is_accepted(lea):
    path = "é" * 511 + ".m"
    assert len(path.encode()) == 1024
    actions.create_page(lea, "cohort", path, b"x")
    assert text_at(lea, path) == b"x"


def test_delete_then_restore(cast, lea):
    actions.create_page(lea, "cohort", "f/a.md", b"one")
    edit(lea, "f/a.md", b"two")
    actions.delete_page(lea, "cohort", "f")
    with pytest.raises(NotFound):
        queries.path_for(lea, "cohort", "f/a.md")
    with pytest.raises(Denied):
        actions.restore_page(lea, "cohort", "f/a.md")
    actions.restore_page(cast.mona, "cohort", "f/a.md")
    assert text_at(lea, "f/a.md") == b"two"
    actions.restore_page(cast.mona, "cohort", "f/a.md", number=1)
    assert text_at(lea, "f/a.md") == b"one"
    assert queries.versions(lea, "cohort", "f/a.md").count() == 5
    for number in (0, -1, 99):
        with pytest.raises(Invalid) as refused:
            actions.restore_page(cast.mona, "cohort", "f/a.md", number=number)
        assert refused.value.code == "unknown_version"


def test_restore_where_something_new_stands_is_refused(cast, lea):
    actions.create_page(lea, "cohort", "a.md", b"one")
    actions.delete_page(lea, "cohort", "a.md")
    actions.create_page(lea, "cohort", "a.md", b"new")
    assert actions.restore_page(cast.mona, "cohort", "a.md") is None  # it is the new page's own, live version
    assert text_at(lea, "a.md") == b"new"


def test_revert_takes_back_a_whole_change(lea):
    for path in ("a/x.md", "a/y.md"):
        actions.create_page(lea, "cohort", path, path.encode())
    moved = actions.move_page(lea, "cohort", "a", "b")
    actions.revert_change(lea, "cohort", moved.seq)
    assert set(queries.all_paths(lea, "cohort").values_list("path", flat=True)) == {"a/x.md", "a/y.md"}
    gone = actions.delete_page(lea, "cohort", "a")
    actions.revert_change(lea, "cohort", gone.seq)
    assert text_at(lea, "a/x.md") == b"a/x.md"


def test_revert_keeps_what_was_written_since(lea):
    actions.create_page(lea, "cohort", "a.md", b"1\n2\n3\n4\n5\n")
    second = edit(lea, "a.md", b"1 wrong\n2\n3\n4\n5\n")
    edit(lea, "a.md", b"1 wrong\n2\n3\n4\n5 kept\n")
    actions.revert_change(lea, "cohort", second.seq)
    assert text_at(lea, "a.md") == b"1\n2\n3\n4\n5 kept\n"


def test_revert_that_would_lose_words_is_refused(lea):
    created = actions.create_page(lea, "cohort", "a.md", b"one")
    edit(lea, "a.md", b"two")
    with pytest.raises(Conflict):
        actions.revert_change(lea, "cohort", created.seq)
    assert text_at(lea, "a.md") == b"two"


def test_revert_of_a_revert(lea):
    actions.create_page(lea, "cohort", "a.md", b"one")
    second = edit(lea, "a.md", b"two")
    back = actions.revert_change(lea, "cohort", second.seq)
    assert text_at(lea, "a.md") == b"one"
    assert back.reverts_id == second.pk
    actions.revert_change(lea, "cohort", back.seq)
    assert text_at(lea, "a.md") == b"two"
    assert actions.revert_change(lea, "cohort", back.seq) is None


def test_others_changes_take_a_mentor(cast, lea):
    change = actions.create_page(lea, "cohort", "a.md", b"one")
    with pytest.raises(Denied):
        actions.revert_change(cast.leo, "cohort", change.seq)
    actions.revert_change(cast.mona, "cohort", change.seq)
    assert not Page.objects.filter(live_key__isnull=False).exists()


WRITES = {
    "create": lambda actor: actions.create_page(actor, "cohort", "new.md", b""),
    "edit": lambda actor: actions.edit_page(actor, "cohort", "a.md", b"!", base=Page.objects.get(path="a.md").head_id),
    "move": lambda actor: actions.move_page(actor, "cohort", "a.md", "b.md"),
    "delete": lambda actor: actions.delete_page(actor, "cohort", "a.md"),
    "restore": lambda actor: actions.restore_page(actor, "cohort", "a.md", number=1),
    "revert": lambda actor: actions.revert_change(actor, "cohort", Change.objects.order_by("seq").first().seq),
    "import": lambda actor: actions.import_change(actor, "cohort", lambda _draft: None, source="x"),
}


@pytest.mark.parametrize("verb", WRITES)
def test_strangers_find_nothing_and_guests_are_refused(cast, lea, verb):
    actions.create_page(lea, "cohort", "a.md", b"one")
    before = (Version.objects.count(), Activity.objects.count(), Page.objects.values_list("path", "seq").get())
    for name in ("charlie", "rita", "oscar", "anonymous"):
        with pytest.raises(NotFound):
            WRITES[verb](getattr(cast, name))
    with pytest.raises(Denied):
        WRITES[verb](cast.gus)
    assert before == (Version.objects.count(), Activity.objects.count(), Page.objects.values_list("path", "seq").get())


def test_every_write_is_one_activity(cast, lea, hub):
    def log():
        return list(
            Activity.objects.filter(hub=hub).order_by("seq").values_list("seq", "verb", "person__handle", "door")
        )

    start = len(log())
    actions.create_page(lea, "cohort", "a.md", b"one\n")
    edit(lea, "a.md", b"two\n")
    actions.move_page(lea, "cohort", "a.md", "b.md")
    gone = actions.delete_page(lea, "cohort", "b.md")
    actions.revert_change(cast.mona, "cohort", gone.seq)
    written = log()[start:]
    assert [seq for seq, *_ in written] == list(range(start + 1, start + 6))
    assert [verb for _, verb, *_ in written] == ["change.edit"] * 4 + ["change.revert"]
    assert {row[2:] for row in written[:4]} == {("lea", "web")}
    hub.refresh_from_db()
    assert hub.sequence == start + 5


def test_folder_index_follows_every_kind_of_step(cast, lea, hub):
    def counts():
        return dict(Folder.objects.filter(hub=hub).values_list("path", "count"))

    for path in ("a/b/x.md", "a/b/y.md", "a/z.md", "top.md"):
        actions.create_page(lea, "cohort", path, path.encode())
    assert counts() == {"a": 3, "a/b": 2}
    actions.move_page(lea, "cohort", "a/b", "c/d")
    assert counts() == {"a": 1, "c": 2, "c/d": 2}
    actions.delete_page(lea, "cohort", "c/d/x.md")
    assert counts() == {"a": 1, "c": 1, "c/d": 1}
    actions.delete_page(lea, "cohort", "c")
    assert counts() == {"a": 1}
    actions.restore_page(cast.mona, "cohort", "c/d/x.md")
    assert counts() == {"a": 1, "c": 1, "c/d": 1}


def test_two_pages_change_places_in_one_change(cast, lea, hub):
    from nexus.hubs.access import Capability
    from nexus.pages.changes import write_change

    actions.create_page(lea, "cohort", "a.md", b"a")
    actions.create_page(lea, "cohort", "b.md", b"b")

    def swap(draft):
        pages = draft.pages_at(["a.md", "b.md"])
        draft.put(pages["a.md"], "b.md", pages["a.md"].blob_id)
        draft.put(pages["b.md"], "a.md", pages["b.md"].blob_id)

    write_change(lea, hub.pk, Capability.PAGE_MOVE, swap)
    assert (text_at(lea, "a.md"), text_at(lea, "b.md")) == (b"b", b"a")


def test_statements_of_an_edit_do_not_grow_with_the_hub(lea, django_assert_num_queries):
    actions.create_page(lea, "cohort", "a.md", b"one")
    for n in range(30):
        actions.create_page(lea, "cohort", f"deep/{n}/x.md", str(n).encode())
    base = head(lea, "a.md")
    # The hub, whether the text is known; in two savepoints here: the hub, the role, content, document, page, author; the
    # hub's number, what its owners hold, log, change, page, version.
    with django_assert_num_queries(16):
        actions.edit_page(lea, "cohort", "a.md", b"two", base=base)


def test_a_text_file_that_gets_a_pages_name_is_read_as_one(lea):
    actions.create_page(lea, "cohort", "notes.txt", b"# Notes\n")
    assert not StoredDocument.objects.exists()
    actions.move_page(lea, "cohort", "notes.txt", "notes.md")
    page = queries.path_for(lea, "cohort", "notes.md")
    assert (page.kind, page.title) == ("page", "Notes")
    assert queries.reading(lea, "cohort", "notes.md").document is not None
