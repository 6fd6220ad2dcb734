"""A backup holds all of an instance at one moment, says whether it is whole, and comes back on any database."""

import hashlib
import json
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from tests.faults.instance import Instance

from nexus.base.errors import Denied, Invalid
from nexus.ops.backup import LEFT_OUT, MANIFEST, reading, tables, writing

TEXT = "\ufeff# Notes\r\n\r\nKept  byte for byte: ✓ \r\n"
FILL = """
import django; django.setup()
from nexus.accounts import actions as accounts
from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.hubs import actions as hubs
from nexus.pages import actions
operator = Actor.operator(Door.CLI)
accounts.create_user(operator, "alice", "alice@example.org", "correct horse battery staple")
alice = Actor.of(User.objects.get(username="alice"), Door.WEB)
hubs.create_hub(alice, "cohort", title="Cohort")
actions.create_page(alice, "cohort", "notes.md", __TEXT__.encode())
actions.create_page(alice, "cohort", "week.md", b"# Week\\n\\n## Technologies\\n\\n- **Redis**: caching\\n")
actions.create_page(alice, "cohort", "picture.png", b"\\x89PNG\\0" * 1000)
actions.delete_page(alice, "cohort", "week.md")
accounts.sign_in("alice", "correct horse battery staple", address="127.0.0.1")
accounts.create_personal_token(operator, "laptop", user=User.objects.get(username="alice"))
""".replace("__TEXT__", repr(TEXT))
WRITE = """
import itertools, django; django.setup()
from nexus.accounts.actor import Actor, Door
from nexus.pages import actions
operator = Actor.operator(Door.CLI)
for n in itertools.count():
    actions.create_page(operator, "cohort", f"{n}/a.md", f"# {n}".encode())
    print(n, flush=True)
"""
COUNT = """
import django; django.setup()
from nexus.accounts.models import RefreshFamily, User
from nexus.pages.models import Page
print(User.objects.count(), RefreshFamily.objects.count(), Page.objects.filter(live_key__isnull=False).count())
"""


def nexus(instance: Instance, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("nexus"), *words], env=instance.env, cwd=instance.folder, capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = Instance.create(tmp_path_factory.mktemp("made"))
    instance.run("-c", FILL)
    yield instance
    instance.drop()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance.create(tmp_path)
    yield instance
    instance.drop()


@pytest.fixture(scope="module")
def backup(made: Instance) -> Path:
    path = made.folder / "whole.backup"
    nexus(made, "backup", str(path))
    return path


def test_everything_comes_back(made: Instance, backup: Path, empty: Instance) -> None:
    said = json.loads(nexus(empty, "restore", str(backup), "--json"))
    assert (said["hubs"], said["versions"], said["files"], said["missing"]) == (1, 4, 1, [])
    for instance in (made, empty):
        nexus(instance, "export", "cohort", str(instance.folder / "out"))
    assert (empty.folder / "out" / "notes.md").read_bytes() == TEXT.encode()
    pictures = [(each.folder / "out" / "picture.png").read_bytes() for each in (made, empty)]
    assert pictures[0] == pictures[1] == b"\x89PNG\0" * 1000
    nexus(empty, "page", "restore", "cohort", "week.md")
    nexus(empty, "hub", "create", "another")  # keys that the database counts up go on behind the restored ones
    assert "laptop" in nexus(empty, "token", "list")
    empty.check()


def test_nobody_is_signed_in_afterwards(made: Instance, backup: Path, empty: Instance) -> None:
    assert made.run("-c", COUNT).split() == ["1", "1", "2"]
    nexus(empty, "restore", str(backup))
    assert empty.run("-c", COUNT).split() == ["1", "0", "2"]


def test_nobody_has_to_stop_writing(made: Instance, empty: Instance, tmp_path: Path) -> None:
    """What comes back is one moment: log, changes, versions and folders agree."""
    writer = made.start("-c", WRITE)
    assert writer.stdout
    try:
        for _ in range(3):
            writer.stdout.readline()
        nexus(made, "backup", str(tmp_path / "one.backup"))
        after = int(writer.stdout.readline())
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    nexus(empty, "restore", str(tmp_path / "one.backup"))
    pages = int(empty.run("-c", COUNT).split()[2])
    assert pages >= 2 + 3
    assert after >= 3, "writing went on"
    empty.check()


def test_it_is_for_its_owner_alone_and_overwrites_nothing(made: Instance, backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert not list(backup.parent.glob("*.partial"))
    before = backup.read_bytes()
    assert "--replace" in nexus(made, "backup", str(backup), code=1)
    assert backup.read_bytes() == before
    assert "more room" in nexus(made, "backup", str(made.folder / "no" / "such" / "folder"), code=1)


def test_what_there_is_is_given_up_only_when_asked(made: Instance, backup: Path, empty: Instance) -> None:
    nexus(empty, "hub", "create", "mine")
    assert "not empty" in nexus(empty, "restore", str(backup), code=1)
    assert "mine" in nexus(empty, "hub", "list")
    nexus(empty, "restore", str(backup), "--replace")
    listed = nexus(empty, "hub", "list")
    assert "cohort" in listed
    assert "mine" not in listed


def _changed(backup: Path, path: Path, name: str, data: bytes | None) -> Path:
    """A copy in which a member is something else, or missing."""
    with zipfile.ZipFile(backup) as source, zipfile.ZipFile(path, "w") as copy:
        for each in source.namelist():
            content = data if each == name else source.read(each)
            if content is not None:
                copy.writestr(each, content)
    return path


def test_damage_is_seen_before_anything_is_changed(backup: Path, empty: Instance, tmp_path: Path) -> None:
    whole = backup.read_bytes()
    middle = len(whole) // 2
    (tmp_path / "bit").write_bytes(
        whole[:middle] + bytes(each ^ 1 for each in whole[middle : middle + 9]) + whole[middle + 9 :]
    )
    (tmp_path / "cut").write_bytes(whole[:middle])
    (tmp_path / "text").write_text("# Notes")
    (tmp_path / "nothing").write_bytes(b"")
    _changed(backup, tmp_path / "row", "rows/hubs.hub.jsonl", b"{}\n")
    _changed(backup, tmp_path / "gone", "rows/hubs.hub.jsonl", None)
    _changed(backup, tmp_path / "unsaid", MANIFEST, None)
    _changed(backup, tmp_path / "format", MANIFEST, b'{"format": "nexus-backup/9"}')
    for name in ("bit", "cut", "text", "nothing", "row", "gone", "unsaid", "format", "absent"):
        with pytest.raises(Invalid):
            reading.verify(tmp_path / name)
    nexus(empty, "hub", "create", "mine")
    for name in ("text", "row"):
        said = nexus(empty, "restore", str(tmp_path / name), "--replace", code=1)
        assert "Traceback" not in said, name
    assert "mine" in nexus(empty, "hub", "list")


def test_whatever_bit_is_another_one_it_is_told_and_never_a_trace(backup: Path, tmp_path: Path) -> None:
    """Some bits mean nothing (when a member was written); then what the backup holds is what was written."""
    whole, said = backup.read_bytes(), reading.verify(backup)
    told = 0
    for number, at in enumerate(range(0, len(whole), max(1, len(whole) // 3000))):
        bit = 1 << number % 8
        (tmp_path / "bit").write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        try:
            assert reading.verify(tmp_path / "bit") == said, at
        except Invalid as error:
            assert error.code in {"no_backup", "backup_damaged"}  # noqa: PT017  most of them, not all
            told += 1
    assert told > 2000


def test_another_schema_is_refused(backup: Path, empty: Instance, tmp_path: Path) -> None:
    with zipfile.ZipFile(backup) as archive:
        manifest = json.loads(archive.read(MANIFEST)) | {"schema": "0" * 16, "version": "0.0.9"}
    _changed(backup, tmp_path / "older", MANIFEST, json.dumps(manifest).encode())
    said = nexus(empty, "restore", str(tmp_path / "older"), code=1)
    assert "0.0.9" in said
    assert "upgrade" in said


def test_all_of_it_or_nothing(backup: Path, empty: Instance, tmp_path: Path) -> None:
    """A row that refers to nothing is found at the end, and what there was is there."""
    with zipfile.ZipFile(backup) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        rows = archive.read("rows/hubs.membership.jsonl").splitlines()
    row = json.loads(rows[0])
    row["fields"]["hub"] = "00000000-0000-7000-8000-000000000000"
    broken = json.dumps(row).encode() + b"\n"
    manifest["digests"]["rows/hubs.membership.jsonl"] = hashlib.sha256(broken).hexdigest()
    first = _changed(backup, tmp_path / "first", "rows/hubs.membership.jsonl", broken)
    _changed(first, tmp_path / "broken", MANIFEST, json.dumps(manifest).encode())
    nexus(empty, "hub", "create", "mine")
    said = nexus(empty, "restore", str(tmp_path / "broken"), "--replace", code=1)
    assert "Traceback" not in said
    assert "mine" in nexus(empty, "hub", "list")


def test_only_the_operator_may(cast, tmp_path: Path) -> None:
    for name in ("alice", "charlie"):
        with pytest.raises(Denied):
            writing.back_up(cast.actor(name), tmp_path / "x")
        with pytest.raises(Denied):
            reading.restore(cast.actor(name), tmp_path / "x")


def test_every_table_is_taken_along_or_left_out_on_purpose() -> None:
    all_ = {model._meta.label_lower for model in apps.get_models() if model._meta.managed}
    assert {model._meta.label_lower for model in tables()} == all_ - LEFT_OUT
    assert all_ >= LEFT_OUT, "what is left out exists"


PURGE = """
import django; django.setup()
from nexus.accounts.actor import Actor, Door
from nexus.hubs import actions as hubs, lifetime
from nexus.pages import actions, purging
operator = Actor.operator(Door.CLI)
purging.purge(operator, "cohort", passage="Kept  byte for byte", confirm="cohort")
purging.purge(operator, "cohort", path="picture.png", confirm="cohort")
"""
SAID = """
import django; django.setup()
from nexus.pages.models import Blob, Version
from nexus.pages import blobs
print(any(b"byte for byte" in blobs.read(blob) for blob in Blob.objects.all()))
"""


@pytest.mark.parametrize(
    "where", ["by the file alone", *(pytest.param(each, marks=pytest.mark.faults) for each in ("here", "elsewhere"))]
)
def test_what_was_purged_since_does_not_come_back(where: str, tmp_path: Path, empty: Instance) -> None:
    (tmp_path / "first").mkdir()
    first = Instance.create(tmp_path / "first")
    try:
        first.run("-c", FILL)
        path = tmp_path / "before.backup"
        nexus(first, "backup", str(path))
        first.run("-c", PURGE)
        ledger = Path(first.env["NEXUS_DATA_DIR"]) / "purges.jsonl"
        if where == "elsewhere":
            said = json.loads(nexus(empty, "restore", str(path), "--purges", str(ledger), "--json"))
            restored = empty
        else:
            if where == "by the file alone":
                first.run(
                    "-c",
                    "import django; django.setup()\nfrom nexus.hubs.models import Purge\nPurge.objects.all().delete()",
                )
            said = json.loads(nexus(first, "restore", str(path), "--replace", "--json"))
            restored = first
        assert said["purged"] == 2
        assert restored.run("-c", SAID).strip() == "False"
        nexus(restored, "export", "cohort", str(tmp_path / "out"))
        assert (tmp_path / "out" / "notes.md").read_bytes() == "\ufeff# Notes\r\n\r\n[purged]: ✓ \r\n".encode()
        files = Path(restored.env["NEXUS_DATA_DIR"]) / "attachments"
        assert not [each for each in files.rglob("*") if each.is_file() and each.stat().st_size == 5000]
        restored.check()
        again = json.loads(nexus(restored, "restore", str(path), "--replace", "--json"))
        assert again["purged"] == 2  # its own ledger knows them now
    finally:
        first.drop()


def test_a_hub_that_was_purged_is_not_brought_back(tmp_path: Path, empty: Instance) -> None:
    empty.run("-c", FILL)
    path = tmp_path / "before.backup"
    nexus(empty, "backup", str(path))
    nexus(empty, "hub", "delete", "cohort", "--confirm", "cohort")
    nexus(empty, "hub", "purge", "cohort")
    said = json.loads(nexus(empty, "restore", str(path), "--replace", "--json"))
    assert (said["purged"], nexus(empty, "hub", "list"), nexus(empty, "hub", "list", "--deleted")) == (1, "", "")
    assert "alice" in nexus(empty, "user", "list")
    empty.check()
