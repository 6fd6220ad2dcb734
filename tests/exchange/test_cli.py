"""`nexus import`, `export` and `parse` as a person or a program meets them."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nexus.accounts.actions import create_user
from nexus.hubs.actions import set_member
from nexus.ops.cli.commands import tree as command_tree
from nexus.pages import actions

runner = CliRunner()
NEXUS = Path(sys.executable).parent / "nexus"


def nexus(*words: object):
    return runner.invoke(command_tree([]), [str(word) for word in words])


def test_import_prints_one_object_for_machines(hub, tree):
    result = nexus("import", tree({"a.md": "# A", "b.bin": b"\0"}), "--hub", "guide", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(report) == ["hub", "change", "files", "found", "seconds"]
    assert list(report["files"]) == [
        "added", "changed", "removed", "merged", "unchanged", "kept_as_file", "conflicts", "refused",
        "held", "suspects", "kept", "kept_deleted", "converted", "purged",
    ]  # fmt: skip
    assert (report["hub"], report["files"]["added"], report["files"]["refused"]) == ("guide", 2, [])
    assert isinstance(report["change"], int)
    again = json.loads(nexus("import", tree({"a.md": "# A", "b.bin": b"\0"}), "--hub", "guide", "--json").stdout)
    assert (again["change"], again["files"]["unchanged"]) == (None, 2)


def test_import_tells_people_what_happened(hub, tree, operator):
    root = tree({"a.md": "# A", "old.md": b"x\0", "u.md": "# U".encode("utf-16")})
    (root / "link.md").symlink_to("a.md")
    result = nexus("import", root, "--hub", "guide", "--prefix", "ada/")
    assert result.exit_code == 0
    for said in ("3 added", "ada/link.md: it is a link", "ada/old.md: it holds NUL", "--convert-utf16"):
        assert said in result.stderr
    result = nexus("import", root, "--hub", "guide", "--prefix", "ada", "--convert-utf16")
    assert "Converted from UTF-16 to UTF-8 (1):\n  ada/u.md" in result.stderr


def test_a_hub_that_is_not_there_is_answered_with_the_command_that_makes_it(db, tree):
    result = nexus("import", tree({"a.md": "A"}), "--hub", "guide")
    assert result.exit_code == 1
    assert "nexus hub create guide" in result.stderr
    error = json.loads(nexus("import", tree({"a.md": "A"}), "--hub", "guide", "--json").stdout)["error"]
    assert (error["code"], error["field"]) == ("not_found", "hub")


def test_a_blank_source_is_not_the_current_folder(hub, tree, monkeypatch):
    monkeypatch.chdir(tree({"a.md": "A"}))
    for blank in ("", "  "):
        result = nexus("import", blank, "--hub", "guide", "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["error"]["code"] == "unknown_source"
    assert nexus("import", ".", "--hub", "guide").exit_code == 0


def test_exit_codes(hub, tree, operator, tmp_path):
    assert nexus("import").exit_code == 2
    assert nexus("import", tmp_path / "nothing", "--hub", "guide").exit_code == 1
    actions.create_page(operator, "guide", "a.md", b"mine")
    conflict = nexus("import", tree({"a.md": "theirs"}), "--hub", "guide", "--json")
    assert conflict.exit_code == 1  # nothing stored, though something differs
    assert [noted["path"] for noted in json.loads(conflict.stdout)["files"]["conflicts"]] == ["a.md"]
    assert nexus("import", tree({"a.md": "theirs", "b.md": "B"}), "--hub", "guide").exit_code == 0
    assert nexus("import", tree({"a.md": "mine", "b.md": "B"}), "--hub", "guide").exit_code == 0


def test_import_as_somebody(hub, tree, operator):
    create_user(operator, "lea", "lea@example.org", "a long pass phrase")
    root = tree({"a.md": "A"})
    assert nexus("import", root, "--hub", "guide", "--as", "lea").exit_code == 1
    set_member(operator, "guide", "lea", "learner")
    assert nexus("import", root, "--hub", "guide", "--as", "lea").exit_code == 0


def test_export_in_every_format(hub, tree, tmp_path):
    nexus("import", tree({"a.md": "A"}), "--hub", "guide")
    for kind in ("folder", "zip", "json", "git"):
        result = nexus("export", "guide", tmp_path / kind, "--format", kind, "--json")
        assert result.exit_code == 0
        report = json.loads(result.stdout)
        assert (report["format"], report["files"], report["bytes"]) == (kind, 1, 1)
    assert ": 1 file, " in nexus("export", "guide", tmp_path / "more").stderr
    taken = nexus("export", "guide", tmp_path / "folder")
    assert (taken.exit_code, "Something is there already" in taken.stderr) == (1, True)
    assert nexus("export", "guide", tmp_path / "x", "--format", "docx").exit_code == 2


def test_parse_prints_a_line_a_file_and_goes_on_after_errors(tmp_path):
    good, latin, large = tmp_path / "good.md", tmp_path / "latin.md", tmp_path / "large.md"
    good.write_text("# Good\n\n- [ ] do it\n")
    latin.write_bytes(b"caf\xe9")
    large.write_bytes(b"x" * 2_000_001)
    result = nexus("parse", "--json", latin, tmp_path / "absent.md", large, good, good)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [(line["file"], line["title"]) for line in lines] == [(str(good), "Good")] * 2
    for said in ("not valid UTF-8 (byte 3)", "No such file", "more than 2,000,000 bytes"):
        assert said in result.stderr


def test_parse_for_people(tmp_path):
    (tmp_path / "a.md").write_text("# Title\n\n## Challenges\n\n- **Problem:** it failed\n  **Solution:** it works\n")
    result = nexus("parse", tmp_path / "a.md")
    assert result.exit_code == 0
    assert "Title" in result.stdout


@pytest.mark.slow  # make test-all: it takes as long as a hundred others
def test_control_c_cancels_cleanly(tmp_path):
    """A real process, interrupted while it stores: exit 1, no trace, and the hub as it was."""
    env = {**os.environ, "NEXUS_DATA_DIR": str(tmp_path / "data"), "PYTHONWARNINGS": "ignore", "DATABASE_URL": ""}
    subprocess.run([NEXUS, "hub", "create", "guide"], env=env, check=True, capture_output=True)
    root = tmp_path / "source"
    root.mkdir()
    for n in range(1500):
        (root / f"{n}.md").write_text(f"# {n}\n")
    process = subprocess.Popen(
        [NEXUS, "import", str(root), "--hub", "guide"], env=env, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )  # fmt: skip
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "nexus.sqlite3")) as database:
        while process.poll() is None and database.execute("SELECT count(*) FROM pages_blob").fetchone() == (0,):
            os.sched_yield()  # until the first batch is stored
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert (process.returncode, b"cancelled" in said, b"Traceback" in said) == (1, True, False)
    listed = subprocess.run(
        [NEXUS, "export", "guide", tmp_path / "out", "--json"], env=env, check=True, capture_output=True
    )
    assert json.loads(listed.stdout)["files"] == 0
    again = subprocess.run(
        [NEXUS, "import", root, "--hub", "guide", "--json"], env=env, check=True, capture_output=True
    )
    assert json.loads(again.stdout)["files"]["added"] == 1500
