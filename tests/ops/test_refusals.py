"""What the command says when it refuses: what happened, and what to do."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nexus.accounts.actor import Actor, Door
from nexus.hubs.actions import create_hub
from nexus.ops.cli.commands import tree

runner = CliRunner()


def nexus(*words: object):
    return runner.invoke(tree([]), [str(word) for word in words])


@pytest.fixture
def guide(db):
    return create_hub(Actor.operator(Door.CLI), "guide")


@pytest.mark.parametrize(
    "words",
    [
        ("export", "nope", "out"),
        ("reindex", "nope"),
        ("page", "cat", "nope", "a.md"),
        ("page", "cat", "guide", "a.md"),
        ("page", "log", "guide", "a.md"),
        ("change", "revert", "guide", 99),
        ("hub", "set", "nope", "--title", "New"),
    ],
)
def test_what_is_not_found_is_told_in_the_same_words_with_what_to_do(guide, words):
    result = nexus(*words)
    assert result.exit_code == 1
    assert result.stderr == (
        "nexus: Not found, or not visible to you. Check the names given; `nexus hub list` shows the hubs there are.\n"
    )


def test_the_remedy_is_in_the_object_for_machines_too(db):
    error = json.loads(nexus("export", "nope", "out", "--json").stdout)["error"]
    assert (error["code"], error["value"]) == ("not_found", None)
    assert "nexus hub list" in error["remedy"]


def test_files_that_cannot_be_read_are_named_without_system_codes(guide, tmp_path):
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    absent = tmp_path / "absent"
    for words, said in (
        (("page", "put", "guide", "a.md", absent), "No such file or directory"),
        (("page", "put", "guide", "a.md", tmp_path), "Is a directory"),
        (("user", "create", "ada", "--email", "ada@example.org", "--password-file", absent), "No such file"),
        (("user", "create", "ada", "--email", "ada@example.org", "--password-file", binary), "not valid UTF-8"),
    ):
        result = nexus(*words)
        assert result.exit_code == 1
        assert said in result.stderr
        assert "may be read" in result.stderr
        assert "Errno" not in result.stderr


def test_setting_nothing_of_a_hub_is_wrong_usage(guide):
    result = nexus("hub", "set", "guide")
    assert result.exit_code == 2
    assert "--visibility" in re.sub(r"\x1b\[[0-9;]*m", "", result.stderr)  # a workflow's terminal has colours


def test_control_c_while_the_program_loads_leaves_no_trace(tmp_path):
    (tmp_path / "interrupted.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = subprocess.run(
        [Path(sys.executable).parent / "nexus", "hub", "list"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "interrupted", "PYTHONPATH": str(tmp_path)},
        capture_output=True, check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
