"""First imports: what comes along, what does not, and how it is told."""

import io
import os
import tarfile
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nexus.accounts.actor import Actor, Door
from nexus.base.errors import Denied, Invalid, Limited, NotFound
from nexus.exchange.actions import import_source
from nexus.hubs.models import Activity
from nexus.pages.models import Blob, Change, Page, StoredDocument

FILES = {
    "README.md": "# Guide\n",
    "notes/a.md": "A\r\nB\n",
    "notes/logo.png": b"\x89PNG\0\xff",
    ".env.example": "X=1\n",
}
BYTES = {path: data if isinstance(data, bytes) else data.encode() for path, data in FILES.items()}


def test_a_folder_comes_as_one_change_with_its_paths_and_bytes(bring, tree, content):
    report = bring(tree(FILES))
    assert content() == BYTES
    assert (report.files.added, report.files.refused, report.files.conflicts) == (4, [], [])
    change = Change.objects.get()
    assert (change.kind, change.seq, change.source) == ("import", report.change, "source")
    assert {page.path: page.kind for page in Page.objects.all()} == {
        "README.md": "page", "notes/a.md": "page", "notes/logo.png": "file", ".env.example": "file",
    }  # fmt: skip
    assert StoredDocument.objects.count() == 2


def test_an_import_below_a_folder(bring, tree, content):
    bring(tree({"a.md": "A"}), prefix="ada/notes")
    assert content() == {"ada/notes/a.md": b"A"}
    with pytest.raises(Invalid) as refused:
        bring(tree({"a.md": "A"}), prefix="../up")
    assert refused.value.field == "prefix"


def test_a_single_file_keeps_its_name(bring, tree, content):
    bring(tree({"deep/README.md": "# A"}) / "deep" / "README.md")
    assert content() == {"README.md": b"# A"}


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tgz", "tar.xz", "tar.bz2"])
def test_a_tar_keeps_its_top_folder(bring, tree, content, tmp_path, suffix):
    archive = tmp_path / f"notes.{suffix}"
    kind = {"tgz": "gz", "tar": ""}.get(suffix, suffix.removeprefix("tar."))
    with tarfile.open(archive, f"w:{kind}") as file:
        file.add(tree(FILES), "top")
    bring(archive)
    assert content() == {f"top/{path}": data for path, data in BYTES.items()}


def test_a_tar_of_the_folder_itself_has_no_dot(bring, tree, content, tmp_path):
    archive = tmp_path / "notes.tar"
    with tarfile.open(archive, "w") as file:
        file.add(tree(FILES), ".")
    bring(archive)
    assert content() == BYTES


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_keeps_its_top_folder(bring, content, tmp_path, method):
    archive = tmp_path / "notes.zip"
    with zipfile.ZipFile(archive, "w", method) as file:
        file.mkdir("top")
        for path, data in BYTES.items():
            file.writestr(f"top/{path}", data)
    bring(archive)
    assert content() == {f"top/{path}": data for path, data in BYTES.items()}


def test_a_zip_written_to_a_pipe_with_sizes_after_the_data(bring, content, tmp_path):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.data += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        for path, data in BYTES.items():
            file.writestr(path, data)
    archive = tmp_path / "notes.zip"
    archive.write_bytes(pipe.data)
    bring(archive)
    assert content() == BYTES


def test_a_zip64_with_a_program_in_front(bring, content, tmp_path):
    archive = tmp_path / "notes.zip"
    archive.write_bytes(b"#!/bin/sh\n" * 100)
    with zipfile.ZipFile(archive, "a") as file, file.open("big.md", "w", force_zip64=True) as entry:
        entry.write(b"# Big")
    bring(archive)
    assert content() == {"big.md": b"# Big"}


def test_git_links_and_modes_stay_behind(bring, tree, content, tmp_path):
    root = tree({"a.md": "A", ".git/config": "x", "sub/.git": "gitdir: elsewhere", "sub/run.sh": "#!"})
    (root / "sub" / "run.sh").chmod(0o777)
    (tmp_path / "secret.md").write_text("secret")
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    (root / "folder").symlink_to("/etc")
    os.mkfifo(root / "pipe.md")
    report = bring(root)
    assert content() == {"a.md": b"A", "sub/run.sh": b"#!"}
    assert {noted.path for noted in report.files.refused} == {"link.md", "folder", "pipe.md"}


def test_nexus_own_data_is_no_content(bring, tree, settings, content):
    root = tree({"a.md": "A", "var/secret_key": "do not tell"})
    settings.DATA_DIR = root / "var"
    report = bring(root)
    assert content() == {"a.md": b"A"}
    assert [noted.path for noted in report.files.refused] == ["var"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_listed(bring, tree, content):
    root = tree({"a.md": "A", "b.md": "B", "c/d.md": "D"})
    (root / "b.md").chmod(0)
    (root / "c").chmod(0)
    report = bring(root)
    (root / "c").chmod(0o755)
    assert content() == {"a.md": b"A"}
    assert {noted.path for noted in report.files.refused} == {"b.md", "c"}


def test_what_goes_away_or_turns_into_a_link_meanwhile(bring, tree, content, tmp_path):
    """Real races: while the first file is taken, a later one is deleted and a folder exchanged for a link."""
    outside = tree({"secret.md": "secret"}, "outside")
    root = tree({"a.md": "A", "b.md": "B", "c/d.md": "D", "e/f.md": "F"})

    def meddle(files: int, _bytes: int, _done: float | None) -> None:
        if files == 1:
            (root / "b.md").unlink()
            (root / "c" / "d.md").unlink()
            (root / "c").rmdir()
            (root / "c").symlink_to(outside)

    report = bring(root, progress=meddle)
    assert content() == {"a.md": b"A", "e/f.md": b"F"}
    assert {noted.path: noted.reason for noted in report.files.refused} == {
        "b.md": "it went away while the folder was read",
        "c": "it went away while the folder was read",
    }


def test_a_name_that_is_no_unicode_is_refused_alone(bring, tree, content):
    root = tree({"a.md": "A"})
    (root / os.fsdecode(b"\xff.md")).write_text("B")
    report = bring(root)
    assert content() == {"a.md": b"A"}
    assert [noted.path for noted in report.files.refused] == ["\N{REPLACEMENT CHARACTER}.md"]


def test_twins_by_case_and_by_normal_form_are_two(bring, content, tmp_path):
    twins = {"a.md": b"1", "A.md": b"2", "\u00e9.md": b"3", "e\u0301.md": b"4", "a.md ": b"5"}
    archive = tmp_path / "twins.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path, data in twins.items():
            file.writestr(path, data)
    assert bring(archive).files.added == 5
    assert content() == twins


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"caf\xe9", "not valid UTF-8 (byte 3)"),
        (b"a\0b", "NUL"),
        ("# Hé".encode("utf-16"), "UTF-16"),
        ("# He".encode("utf-16-be"), "UTF-16"),
        (b"x" * 2_000_001, "2,000,001 bytes"),
    ],
)
def test_what_is_no_text_is_kept_as_a_file_and_said_so(bring, tree, content, data, reason):
    report = bring(tree({"a.md": data}))
    assert content() == {"a.md": data}
    assert Page.objects.get().kind == "file"
    assert [noted.path for noted in report.files.kept_as_file] == ["a.md"]
    assert reason in report.files.kept_as_file[0].reason
    assert report.to_json()["files"]["kept_as_file"] == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_converted_only_when_asked(bring, tree, content, encoding):
    text = "# Notes\r\nof a day\n"
    report = bring(tree({"a.md": text.encode(encoding), "b.md": b"\xff\xfe\x00\xd8"}), convert_utf16=True)
    assert content()["a.md"] == text.encode()
    assert report.files.converted == ["a.md"]
    assert [noted.path for noted in report.files.kept_as_file] == ["b.md"]


def test_bom_and_line_ends_stay(bring, tree, content):
    data = "\N{ZERO WIDTH NO-BREAK SPACE}# A\r\nb\rc\n".encode()
    bring(tree({"a.md": data}))
    assert content() == {"a.md": data}
    assert Page.objects.get().kind == "page"


def test_many_files_are_parsed_by_processes(bring, tree, content):
    files = {f"n/{n}.md": f"# Note {n}\n" for n in range(70)}
    assert bring(tree(files)).files.added == 70
    assert StoredDocument.objects.count() == 70
    assert {page.title for page in Page.objects.all()} == {f"Note {n}" for n in range(70)}


def test_a_large_file_goes_to_disk(bring, tree, content):
    data = os.urandom(3_000_000)
    bring(tree({"big.bin": data}))
    assert content() == {"big.bin": data}
    assert Blob.objects.get().data is None


def test_a_file_above_the_limit_is_refused_alone(bring, tree, content, settings):
    settings.MAX_UPLOAD_MB = 3
    report = bring(tree({"big.bin": os.urandom(3_000_001), "a.md": "A"}))
    assert content() == {"a.md": b"A"}
    assert [noted.path for noted in report.files.refused] == ["big.bin"]


def test_an_import_above_the_limits_is_refused_as_a_whole(bring, tree, content, settings):
    settings.MAX_IMPORT_FILES = 2
    with pytest.raises(Limited) as refused:
        bring(tree({"a.md": "A", "b.md": "B", "c.md": "C"}))
    assert refused.value.code == "too_many_files"
    settings.MAX_IMPORT_FILES, settings.MAX_IMPORT_MB = 10, 1
    with pytest.raises(Limited) as refused:
        bring(tree({"a.bin": os.urandom(600_000), "b.bin": os.urandom(600_000)}))
    assert refused.value.code == "import_too_large"
    settings.MAX_IMPORT_SECONDS = -1
    with pytest.raises(Limited) as refused:
        bring(tree({"a.md": "A"}))
    assert refused.value.code == "import_too_slow"
    assert content() == {}


def test_a_page_where_a_folder_is_needed_is_refused_alone(bring, tree, content):
    bring(tree({"a": "file", "b/c": "file"}))
    report = bring(tree({"a/x.md": "X", "b": "file", "d.md": "D"}, "other"))
    assert content() == {"a": b"file", "b/c": b"file", "d.md": b"D"}
    assert {noted.path for noted in report.files.refused} == {"a/x.md", "b"}


def test_a_text_is_an_address_and_never_a_path(bring, tree):
    with pytest.raises(Invalid) as refused:
        bring(str(tree({"a.md": "A"})))
    assert refused.value.code == "bad_address"


def test_rights_come_before_reading(hub, tree):
    stranger = Actor.anonymous(Door.REST)
    with pytest.raises(NotFound):
        import_source(stranger, "guide", tree({"a.md": "A"}))
    hub.visibility = "public"
    hub.save()
    with pytest.raises(Denied):
        import_source(stranger, "guide", tree({"a.md": "A"}))
    assert Blob.objects.count() == 0


def test_fifteen_files_take_as_many_statements_as_two(bring, tree, django_assert_num_queries):
    bring(tree({"first.md": "# First"}, "first"))  # into an empty hub it takes fewer: nothing is rehearsed
    with CaptureQueriesContext(connection) as two:
        bring(tree({f"{n}.md": f"# {n}\n" for n in range(2)}, "two"), prefix="two")
    with django_assert_num_queries(len(two)):
        bring(tree({f"{n}.md": f"# Other {n}\n" for n in range(15)}, "fifteen"), prefix="fifteen")


def test_neither_path_nor_address_of_this_machine_is_stored(bring, tree, tmp_path):
    bring(tree({"a.md": "A"}))
    stored = [*Change.objects.values_list("source", "message"), *Activity.objects.values_list("data")]
    assert str(tmp_path) not in repr(stored)


def test_progress_is_told_for_each_file(bring, tree):
    seen = []
    bring(tree(FILES), progress=lambda *said: seen.append(said))
    assert [files for files, _, _ in seen] == [1, 2, 3, 4]
    assert seen[-1][1:] == (sum(map(len, BYTES.values())), 1.0)
