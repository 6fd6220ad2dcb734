"""Importing again: each rule of what an import may touch, and that nothing written here is lost."""

import pytest

from nexus.exchange.models import ImportedFile
from nexus.hubs.actions import create_hub
from nexus.hubs.models import Hub
from nexus.pages import actions
from nexus.pages.models import Blob, Change, Page, Version
from nexus.pages.queries import path_for
from nexus.pages.sweeping import sweep_unused

LINES = "one\ntwo\nthree\nfour\nfive\n"


@pytest.fixture
def edit(operator):
    def write(path: str, text: str):
        page = path_for(operator, "guide", path)
        return actions.edit_page(operator, "guide", path, text.encode(), base=page.head_id)

    return write


def counts(report) -> dict:
    files = report.to_json()["files"]
    return {name: value for name, value in files.items() if value and name != "kept_as_file"}


def test_a_second_import_changes_nothing(bring, tree):
    root = tree({"a.md": "A", "b/c.png": b"\0"})
    bring(root)
    before = Hub.objects.get().sequence
    report = bring(root)
    assert counts(report) == {"unchanged": 2}
    assert report.change is None
    assert Hub.objects.get().sequence == before
    assert Version.objects.count() == 2


def test_a_change_of_the_source_is_taken_and_the_old_kept(bring, tree, content):
    bring(tree({"a.md": "A1", "b.md": "B"}))
    report = bring(tree({"a.md": "A2", "b.md": "B"}))
    assert counts(report) == {"changed": 1, "unchanged": 1}
    assert content() == {"a.md": b"A2", "b.md": b"B"}
    assert [v.blob.data for v in Version.objects.filter(path="a.md").order_by("number")] == [b"A1", b"A2"]


def test_what_was_edited_here_stays_while_the_source_stays(bring, tree, content, edit):
    root = tree({"a.md": "A", "b.bin": b"\0B"})
    bring(root)
    edit("a.md", "mine")
    edit("b.bin", "\0mine")
    assert counts(bring(root)) == {"unchanged": 2}
    assert content() == {"a.md": b"mine", "b.bin": b"\0mine"}


def test_both_changed_in_different_lines_are_merged(bring, tree, content, edit):
    bring(tree({"a.md": LINES}))
    edit("a.md", LINES.replace("one", "ONE"))
    assert counts(bring(tree({"a.md": LINES.replace("five", "FIVE")}))) == {"merged": 1}
    assert content() == {"a.md": b"ONE\ntwo\nthree\nfour\nFIVE\n"}
    assert counts(bring(tree({"a.md": LINES.replace("five", "FIVE")}))) == {"unchanged": 1}


def test_a_merge_does_not_make_the_next_import_forget_the_edit(bring, tree, content, edit):
    bring(tree({"a.md": LINES}))
    edit("a.md", LINES.replace("one", "ONE"))
    bring(tree({"a.md": LINES.replace("five", "FIVE")}))
    assert counts(bring(tree({"a.md": LINES.replace("five", "5")}))) == {"merged": 1}
    assert content() == {"a.md": b"ONE\ntwo\nthree\nfour\n5\n"}


def test_both_changed_in_the_same_line_is_a_conflict_until_it_is_resolved(bring, tree, content, edit):
    bring(tree({"a.md": LINES, "b.md": "B1"}))
    edit("a.md", LINES.replace("one", "mine"))
    source = tree({"a.md": LINES.replace("one", "theirs"), "b.md": "B2"})
    for expected in ({"changed": 1}, {"unchanged": 1}):
        report = bring(source)
        assert [noted.path for noted in report.files.conflicts] == ["a.md"]
        assert {n: v for n, v in counts(report).items() if n != "conflicts"} == expected
        assert content()["a.md"] == LINES.replace("one", "mine").encode()
    edit("a.md", LINES.replace("one", "theirs"))
    assert counts(bring(source)) == {"unchanged": 2}


def test_both_made_the_same_change(bring, tree, edit):
    bring(tree({"a.md": "A1"}))
    edit("a.md", "A2")
    assert counts(bring(tree({"a.md": "A2"}))) == {"unchanged": 1}


def test_files_that_are_no_text_are_never_merged(bring, tree, content, operator):
    bring(tree({"a.bin": b"\0" + LINES.encode()}))
    page = path_for(operator, "guide", "a.bin")
    actions.edit_page(operator, "guide", "a.bin", b"\0ONE" + LINES.encode(), base=page.head_id)
    report = bring(tree({"a.bin": b"\0" + LINES.replace("five", "5").encode()}))
    assert [noted.path for noted in report.files.conflicts] == ["a.bin"]
    assert content() == {"a.bin": b"\0ONE" + LINES.encode()}


def test_something_unknown_at_the_path_is_a_conflict(bring, tree, content, operator):
    actions.create_page(operator, "guide", "a.md", b"mine")
    report = bring(tree({"a.md": "theirs"}))
    assert [noted.path for noted in report.files.conflicts] == ["a.md"]
    assert report.is_refused
    assert content() == {"a.md": b"mine"}


def test_what_an_import_brought_is_replaced_although_nothing_is_remembered(bring, tree, content, edit):
    bring(tree({"a.md": "A1", "b.md": "B1"}))
    edit("b.md", "mine")
    ImportedFile.objects.all().delete()
    report = bring(tree({"a.md": "A2", "b.md": "B2"}))
    assert (report.files.changed, [noted.path for noted in report.files.conflicts]) == (1, ["b.md"])
    assert content() == {"a.md": b"A2", "b.md": b"mine"}


def test_an_old_copy_of_what_is_here_changes_nothing(bring, tree, content, operator, edit):
    actions.create_page(operator, "guide", "a.md", LINES.encode())
    edit("a.md", LINES.replace("one", "ONE"))
    assert counts(bring(tree({"a.md": LINES}))) == {"unchanged": 1}
    # And from then on it is the base that both sides began with.
    assert counts(bring(tree({"a.md": LINES.replace("five", "5")}))) == {"merged": 1}
    assert content() == {"a.md": b"ONE\ntwo\nthree\nfour\n5\n"}


def test_an_import_follows_a_page_that_was_moved_here(bring, tree, content, operator):
    bring(tree({"a.md": "A1"}))
    actions.move_page(operator, "guide", "a.md", "deep/b.md")
    assert counts(bring(tree({"a.md": "A2"}))) == {"changed": 1}
    assert content() == {"deep/b.md": b"A2"}


def test_a_new_file_does_not_overwrite_a_page_that_was_moved_to_its_path(bring, tree, content, operator):
    bring(tree({"a.md": "A"}))
    actions.move_page(operator, "guide", "a.md", "b.md")
    report = bring(tree({"a.md": "A2", "b.md": "new"}))
    assert content() == {"b.md": b"A2"}
    assert [noted.path for noted in report.files.conflicts] == ["b.md"]


def test_nor_when_an_import_was_the_last_to_change_it(bring, tree, content, operator):
    bring(tree({"a.md": "A"}))
    actions.move_page(operator, "guide", "a.md", "b.md")
    bring(tree({"a.md": "A2"}))
    report = bring(tree({"a.md": "A2", "b.md": "new"}))
    assert content() == {"b.md": b"A2"}
    assert [noted.path for noted in report.files.conflicts] == ["b.md"]


def test_the_same_move_on_both_sides_is_no_loss(bring, tree, content, operator):
    bring(tree({"a.md": "A"}))
    actions.move_page(operator, "guide", "a.md", "b.md")
    assert counts(bring(tree({"b.md": "A"}))) == {"unchanged": 1}
    assert content() == {"b.md": b"A"}
    assert Page.objects.count() == 1
    assert counts(bring(tree({"b.md": "A2"}))) == {"changed": 1}


def test_what_was_deleted_here_stays_deleted(bring, tree, content, operator):
    bring(tree({"a.md": "A1", "b.md": "B"}))
    actions.delete_page(operator, "guide", "a.md")
    report = bring(tree({"a.md": "A1", "b.md": "B"}))
    assert counts(report) == {"unchanged": 2, "kept_deleted": 1}
    report = bring(tree({"a.md": "A2", "b.md": "B"}))
    assert [noted.path for noted in report.files.conflicts] == ["a.md"]
    assert content() == {"b.md": b"B"}


def test_a_page_made_again_at_the_path_is_compared_with_what_came_from_there(bring, tree, content, operator):
    bring(tree({"a.md": LINES}))
    actions.delete_page(operator, "guide", "a.md")
    actions.create_page(operator, "guide", "a.md", LINES.replace("one", "ONE").encode())
    assert counts(bring(tree({"a.md": LINES.replace("five", "5")}))) == {"merged": 1}
    assert content() == {"a.md": b"ONE\ntwo\nthree\nfour\n5\n"}


def test_what_is_gone_from_the_source_is_removed_unless_it_was_edited(bring, tree, content, edit):
    bring(tree({"a.md": "A", "b.md": "B", "c.md": "C"}))
    edit("b.md", "mine")
    report = bring(tree({"c.md": "C"}))
    assert content() == {"b.md": b"mine", "c.md": b"C"}
    assert (report.files.removed, [noted.path for noted in report.files.conflicts]) == (1, ["b.md"])
    assert set(ImportedFile.objects.values_list("path", flat=True)) == {"b.md", "c.md"}
    assert counts(bring(tree({"a.md": "A", "c.md": "C"}))) | {"conflicts": []} == {
        "added": 1, "unchanged": 1, "conflicts": [],
    }  # fmt: skip


def test_other_sources_and_what_was_written_here_are_not_removed(bring, tree, content, operator):
    bring(tree({"a.md": "A"}, "one"))
    bring(tree({"b.md": "B", "c.md": "C"}, "two"))
    actions.create_page(operator, "guide", "d.md", b"D")
    assert counts(bring(tree({"b.md": "B"}, "two"))) == {"removed": 1, "unchanged": 1}
    assert content() == {"a.md": b"A", "b.md": b"B", "d.md": b"D"}


def test_the_same_source_below_two_folders_is_two_sources(bring, tree, content):
    root = tree({"a.md": "A"})
    bring(root, prefix="one")
    bring(root, prefix="two")
    assert content() == {"one/a.md": b"A", "two/a.md": b"A"}


def test_an_empty_source_says_nothing(bring, tree, content):
    bring(tree({"a.md": "A"}))
    assert counts(bring(tree({}))) == {}
    assert content() == {"a.md": b"A"}


def test_what_could_not_be_read_this_time_is_not_gone(bring, tree, content):
    bring(tree({"a.md": "A", "b.md": "B"}))
    root = tree({"b.md": "B"})
    (root / "a.md").symlink_to(root / "b.md")
    assert [noted.path for noted in bring(root).files.refused] == ["a.md"]
    assert content() == {"a.md": b"A", "b.md": b"B"}


def test_a_file_becomes_a_folder_and_a_folder_a_file(bring, tree, content):
    bring(tree({"a": "A", "b/c": "C"}))
    assert counts(bring(tree({"a/x": "X", "b": "B"}))) == {"added": 2, "removed": 2}
    assert content() == {"a/x": b"X", "b": b"B"}


def test_an_undone_import_stays_undone(bring, tree, content, operator):
    root = tree({"a.md": "A"})
    report = bring(root)
    actions.revert_change(operator, "guide", report.change)
    assert bring(root).files.kept_deleted == 1
    assert content() == {}


def test_hubs_do_not_know_of_each_other(bring, tree, operator, content):
    from nexus.exchange.actions import import_source

    create_hub(operator, "other")
    root = tree({"a.md": "A"})
    bring(root)
    assert import_source(operator, "other", root).files.added == 1
    assert content("other") == {"a.md": b"A"}


def test_an_import_is_one_change_by_its_importer(bring, tree):
    bring(tree({"a.md": "A", "b.md": "B"}), message="Week one")
    change = Change.objects.get()
    assert (change.message, change.author.name, change.versions.count()) == ("Week one", "Operator", 2)


def test_sweeping_spares_what_the_next_merge_is_made_from(bring, tree, content, edit, operator):
    bring(tree({"a.md": LINES}))
    edit("a.md", LINES.replace("one", "ONE"))
    bring(tree({"a.md": LINES.replace("five", "FIVE")}))  # merged: no version says what the source said
    Blob.objects.update(stored_at="2026-01-01T00:00Z")
    assert sweep_unused(operator).blobs == 0
    assert counts(bring(tree({"a.md": LINES.replace("five", "5")}))) == {"merged": 1}
