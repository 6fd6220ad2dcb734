"""Exports hold exactly the hub, overwrite nothing, and leave nothing half-written."""

import json
import zipfile

import pytest
from dulwich.repo import Repo

from nexus.accounts.actions import create_user
from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import Person
from nexus.base.errors import Conflict, Invalid, NotFound, Unavailable
from nexus.exchange.actions import import_source
from nexus.exchange.exporting import FORMATS, export_hub
from nexus.hubs.actions import set_member
from nexus.pages import actions, blobs
from nexus.pages.queries import path_for

FILES = {"README.md": b"# Guide\r\n", "n/a b.md": b"\xef\xbb\xbfA", "n/\xe9/logo.png": b"\x89PNG\0\xff", ".x": b""}


@pytest.fixture
def full(hub, operator):
    for path, data in FILES.items():
        actions.create_page(operator, "guide", path, data)
    actions.create_page(operator, "guide", "gone.md", b"gone")
    actions.delete_page(operator, "guide", "gone.md")
    return hub


def files_in(folder) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def tree_of(repository: Repo, commit=None) -> dict[str, bytes]:
    store = repository.object_store
    entries = store.iter_tree_contents(repository[commit or repository.head()].tree)
    return {entry.path.decode(): repository[entry.sha].data for entry in entries}


def test_a_folder_holds_the_hub(full, operator, tmp_path):
    report = export_hub(operator, "guide", tmp_path / "out")
    assert files_in(tmp_path / "out") == FILES
    assert (report.files, report.bytes) == (len(FILES), sum(map(len, FILES.values())))
    assert [path.name for path in tmp_path.iterdir() if "nexus-export" in path.name] == []


def test_an_empty_folder_is_filled(full, operator, tmp_path):
    (tmp_path / "out").mkdir()
    export_hub(operator, "guide", tmp_path / "out")
    assert files_in(tmp_path / "out") == FILES


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_is_overwritten(full, operator, tmp_path, kind):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for dest in ("out", "link"):
        with pytest.raises(Conflict) as refused:
            export_hub(operator, "guide", tmp_path / dest, format=kind)
        assert refused.value.code == "destination_taken"
    assert files_in(tmp_path / "out") == {"mine": b"mine"}
    assert not (tmp_path / "elsewhere").exists()


def test_a_zip_is_the_same_for_the_same_hub(full, operator, tmp_path):
    for name in ("a.zip", "b.zip"):
        export_hub(operator, "guide", tmp_path / name, format="zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {info.filename: archive.read(info) for info in archive.infolist()} == FILES
        assert archive.namelist() == sorted(FILES, key=str.encode)


def test_a_json_document_is_one_document(full, operator, tmp_path):
    export_hub(operator, "guide", tmp_path / "a.json", format="json")
    document = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert (document["hub"], document["title"]) == ("guide", "Guide")
    assert [page["path"] for page in document["pages"]] == sorted(FILES, key=str.encode)
    assert document["pages"][0] == {
        "path": ".x", "text": "",
        "hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }  # fmt: skip


def test_an_empty_hub_can_be_exported(hub, operator, tmp_path):
    for kind in FORMATS:
        assert export_hub(operator, "guide", tmp_path / kind, format=kind).files == 0
    assert json.loads((tmp_path / "json").read_text()) == {"hub": "guide", "title": "Guide", "pages": []}


def test_git_has_each_change_as_a_commit(full, operator, tmp_path):
    page = path_for(operator, "guide", "README.md")
    actions.edit_page(operator, "guide", "README.md", b"# Two", base=page.head_id, message="Second thoughts")
    actions.move_page(operator, "guide", "n", "moved")
    export_hub(operator, "guide", tmp_path / "out.git", format="git")
    with Repo(str(tmp_path / "out.git")) as repository:
        now = {p.replace("n/", "moved/", 1): d for p, d in FILES.items()} | {"README.md": b"# Two"}
        assert tree_of(repository) == now
        assert set(repository[repository[repository.head()].tree]) == {b".x", b"README.md", b"moved"}
        commits = [entry.commit for entry in repository.get_walker()]
        assert len(commits) == len(FILES) + 4
        assert commits[1].message == b"Second thoughts\n"
        assert commits[0].author == b"Operator <operator@users.nexus.invalid>"
        assert tree_of(repository, commits[3].id) == FILES | {"gone.md": b"gone"}
        assert repository.refs.follow(b"HEAD")[0][-1] == b"refs/heads/main"


def test_git_follows_pages_that_change_places(hub, operator, tmp_path):
    from nexus.hubs.access import Capability
    from nexus.pages.changes import write_change

    actions.create_page(operator, "guide", "a.md", b"A")
    actions.create_page(operator, "guide", "b.md", b"B")

    def swap(draft):
        pages = draft.pages_at(["a.md", "b.md"])
        draft.put(pages["a.md"], "b.md", pages["a.md"].blob_id)
        draft.put(pages["b.md"], "a.md", pages["b.md"].blob_id)

    write_change(operator, hub.pk, Capability.PAGE_MOVE, swap)
    export_hub(operator, "guide", tmp_path / "out", format="git")
    with Repo(str(tmp_path / "out")) as repository:
        assert tree_of(repository) == {"a.md": b"B", "b.md": b"A"}


def test_git_tells_addresses_only_to_who_manages_members(full, operator, tmp_path):
    Person.objects.filter(handle="operator").update(email="op@example.org", name="Op <x>\nerator")
    user = create_user(operator, "lea", "lea@example.org", "a long pass phrase")
    set_member(operator, "guide", "lea", "mentor")
    for name, actor, address in (
        ("a", operator, b"Op xerator <op@example.org>"),
        ("b", Actor.of(user, Door.CLI), b"Op xerator <operator@users.nexus.invalid>"),
    ):
        export_hub(actor, "guide", tmp_path / name, format="git")
        with Repo(str(tmp_path / name)) as repository:
            assert repository[repository.head()].author == address


@pytest.mark.parametrize("kind", ["folder", "git"])
def test_paths_that_cannot_be_files_are_all_named_first(full, operator, tmp_path, kind):
    bad = [".git/hooks/post-checkout", "n/" + "x" * 256 + ".md", "sub/.GIT/config"]
    for path in bad:
        actions.create_page(operator, "guide", path, b"#!/bin/sh")
    with pytest.raises(Invalid) as refused:
        export_hub(operator, "guide", tmp_path / "out", format=kind)
    assert (refused.value.code, refused.value.details["paths"]) == ("unwritable_paths", bad)
    assert not (tmp_path / "out").exists()
    assert export_hub(operator, "guide", tmp_path / "out.zip", format="zip").files == len(FILES) + 3


@pytest.mark.parametrize("kind", FORMATS)
def test_a_failing_export_leaves_nothing(full, operator, tmp_path, kind):
    blobs.attachment_path(path_for(operator, "guide", "n/\xe9/logo.png").blob_id).unlink()
    place = tmp_path / "sub"
    place.mkdir()
    with pytest.raises(Unavailable):
        export_hub(operator, "guide", place / "out", format=kind)
    assert list(place.iterdir()) == []


def test_who_may_not_read_finds_no_hub(full, tmp_path):
    with pytest.raises(NotFound):
        export_hub(Actor.anonymous(Door.CLI), "guide", tmp_path / "out")


def test_unknown_formats_and_places(full, operator, tmp_path):
    with pytest.raises(Invalid) as refused:
        export_hub(operator, "guide", tmp_path / "out", format="docx")  # type: ignore[arg-type]
    assert refused.value.code == "unknown_format"
    with pytest.raises(Invalid) as refused:
        export_hub(operator, "guide", tmp_path / "no" / "out")
    assert refused.value.code == "unknown_destination"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


DAMAGED = [
    b'{"hub": "g", "title": "G", "pages": [\n{"path": "a.md", "text": "A", "hash": "0"',
    b'{"hub": "g", "title": "G", "pages": [\n{"path": "a.md"}\n]}\n',
    b'{"hub": "g", "title": "G", "pages": [\n{"path": 1, "text": "A", "hash": ""}\n]}\n',
    b'{"hub": "g", "title": "G", "pages": [\n{"path": "a.md", "base64": "%%", "hash": ""}\n]}\n',
    b'{"hub": "g", "title": "G", "pages": [\n' + b"[" * 100_000 + b"\n]}\n",
    b'{"hub": "g", "title": "G", "pages": [\n\n]}\n',
    b'{"hub": "g", "title": "G", "pages": [\n' + b" " * 4_000_000 + b"\n]}\n",
]


@pytest.mark.parametrize("document", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_document_is_refused(hub, operator, tmp_path, settings, document):
    settings.MAX_UPLOAD_MB = 1
    (tmp_path / "a.json").write_bytes(document)
    with pytest.raises(Invalid) as refused:
        import_source(operator, "guide", tmp_path / "a.json")
    assert refused.value.code == "bad_archive"


def test_a_page_of_a_document_that_is_not_what_it_says_is_refused_alone(hub, operator, tmp_path):
    actions.create_page(operator, "guide", "a.md", b"A")
    export_hub(operator, "guide", tmp_path / "a.json", format="json")
    document = (tmp_path / "a.json").read_text().replace('"text": "A"', '"text": "E"')
    (tmp_path / "a.json").write_text(document)
    report = import_source(operator, "guide", tmp_path / "a.json", prefix="copy")
    assert [noted.path for noted in report.files.refused] == ["copy/a.md"]


def test_another_json_file_is_a_file(hub, operator, tmp_path):
    for name, text in {"a.json": '{"pages": []}', "b.json": "[", "c.json": ""}.items():
        (tmp_path / name).write_text(text)
        import_source(operator, "guide", tmp_path / name)
        assert blobs.read(path_for(operator, "guide", name).blob) == text.encode()
