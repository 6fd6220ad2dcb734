"""The `nexus` command as typed: results on standard output, words on standard error, exit codes that mean something."""

import json

import pytest
from tests.conftest import PASSWORD
from typer.testing import CliRunner

from nexus.accounts.actor import Door
from nexus.accounts.models import User
from nexus.accounts.queries import actor_by_bearer
from nexus.base.errors import Unauthenticated
from nexus.hubs.models import Hub
from nexus.ops.cli.commands import tree


@pytest.fixture
def nexus(db, tmp_path):
    def run(*words: str, typed: str | bytes = "", code: int = 0):
        result = CliRunner().invoke(tree([]), [*words], input=typed)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


def test_users(nexus, tmp_path):
    (tmp_path / "password").write_text(f"{PASSWORD}\nsecond line\n")
    nexus("user", "create", "ada", "--email", "ada@example.org", "--password-file", str(tmp_path / "password"))
    nexus(
        "user",
        "create",
        "root-ish",
        "--email",
        "r@example.org",
        "--administrator",
        "--password-file",
        "-",
        typed=PASSWORD,
    )
    assert nexus("user", "list").stdout == "ada\nroot-ish\tadministrator\n"
    listed = [json.loads(line) for line in nexus("user", "list", "--json").stdout.splitlines()]
    assert listed[0] == {"name": "ada", "is_active": True, "is_administrator": False}
    nexus("user", "password", "ada", "--password-file", "-", typed="another long password\n")
    assert User.objects.get(username="ada").check_password("another long password")


def test_tokens(nexus, cast, hub):
    cast.user("lea")
    secret = nexus("token", "create", "lea", "--name", "script", "--scope", "write", "--hub", hub.slug).stdout.strip()
    assert actor_by_bearer(secret, Door.REST).hub_ids == {hub.pk}
    (listed,) = [json.loads(line) for line in nexus("token", "list", "--json", "--user", "lea").stdout.splitlines()]
    assert (listed["name"], listed["scopes"], listed["hubs"]) == ("script", ["write"], [str(hub.pk)])
    assert secret not in nexus("token", "list").stdout
    nexus("token", "revoke", listed["id"])
    assert nexus("token", "list").stdout == ""
    with pytest.raises(Unauthenticated):
        actor_by_bearer(secret, Door.REST)
    nexus("token", "create", "lea", "--name", "x", "--scope", "everything", code=2)
    nexus("token", "create", "nobody", "--name", "x", code=1)


def test_accounts_end_and_come_back(nexus, cast):
    user = cast.user("lea")
    nexus("user", "deactivate", "lea")
    assert nexus("user", "list").stdout == "lea\tdeactivated\n"
    nexus("user", "activate", "lea")
    nexus("user", "sign-out", "lea")
    before = user.stamp
    user.refresh_from_db()
    assert user.is_active
    assert user.stamp != before


def test_users_refused(nexus, tmp_path):
    said = nexus("user", "create", "ada", "--email", "ada@example.org", code=1).stderr
    assert "--password-file" in said
    said = nexus(
        "user", "create", "ada", "--email", "a@example.org", "--password-file", str(tmp_path / "no"), code=1
    ).stderr
    assert "cannot be read" in said
    assert "no account" in nexus("user", "password", "nobody", "--password-file", "-", typed=PASSWORD, code=1).stderr
    nexus("user", "create", "ada", code=2)


def test_hubs(nexus, cast):
    cast.user("lea")
    nexus("hub", "create", "guide", "--title", "The guide", "--visibility", "public")
    nexus("hub", "set", "guide", "--visibility", "private")
    nexus("hub", "member", "guide", "lea", "--role", "mentor")
    assert Hub.objects.get().memberships.get().role == "mentor"
    nexus("hub", "member", "guide", "lea", "--remove")
    nexus("hub", "member", "guide", "lea", code=2)
    assert nexus("hub", "list").stdout == "guide\tprivate\tThe guide\n"
    assert nexus("hub", "list", "--as", "lea").stdout == ""
    assert json.loads(nexus("hub", "list", "--json").stdout)["slug"] == "guide"
    refused = json.loads(nexus("page", "rm", "guide", "no.md", "--json", code=1).stdout)["error"]
    assert refused["code"] == "not_found"


def test_pages_from_first_to_last(nexus, tmp_path):
    nexus("hub", "create", "guide")
    assert json.loads(nexus("page", "put", "guide", "a.md", "--json", typed=b"one\r\n").stdout) == {"change": 2}
    nexus("page", "put", "guide", "a.md", "-m", "better", typed=b"two\r\n")
    assert "Nothing to change" in nexus("page", "put", "guide", "a.md", typed=b"two\r\n").stderr
    assert nexus("page", "cat", "guide", "a.md").stdout_bytes == b"two\r\n"
    assert nexus("page", "cat", "guide", "a.md", "--version", "1").stdout_bytes == b"one\r\n"
    nexus("page", "cat", "guide", "a.md", "--version", "9", code=1)
    assert nexus("page", "log", "guide", "a.md").stdout.count("\n") == 2
    rows = [json.loads(line) for line in nexus("page", "log", "guide", "a.md", "--json").stdout.splitlines()]
    assert [row["message"] for row in rows] == ["better", ""]
    assert "-one" in nexus("page", "diff", "guide", "a.md").stdout
    assert "+one" in nexus("page", "diff", "guide", "a.md", "--to", "1").stdout
    nexus("page", "diff", "guide", "a.md", "--from", "9", code=1)
    stale = json.loads(
        nexus("page", "put", "guide", "a.md", "--base", rows[1]["version"], "--json", typed=b"x", code=1).stdout
    )
    assert stale["error"]["code"] == "stale_version"
    assert stale["error"]["current"] == rows[0]["version"]
    assert "no version" in nexus("page", "put", "guide", "a.md", "--base", "x", typed=b"x", code=1).stderr
    nexus("page", "mv", "guide", "a.md", "b/c.md")
    nexus("page", "rm", "guide", "b")
    nexus("page", "restore", "guide", "b/c.md")
    nexus("change", "revert", "guide", "3")
    assert nexus("page", "cat", "guide", "b/c.md").stdout_bytes == b"one\r\n"
    assert "cannot be read" in nexus("page", "put", "guide", "x.md", str(tmp_path / "no"), code=1).stderr


def test_a_diff_of_bytes_is_refused(nexus):
    nexus("hub", "create", "guide")
    nexus("page", "put", "guide", "a.bin", typed=b"\0\1")
    assert "no text" in nexus("page", "diff", "guide", "a.bin", code=1).stderr


def test_reindex(nexus):
    nexus("hub", "create", "guide")
    nexus("page", "put", "guide", "a.md", typed=b"# A\n\n## Technologies\n\n- Docker\n- Redis\n")
    assert json.loads(nexus("reindex", "--json").stdout) == {"parsed": 0, "hubs": 1, "entries": 2}
    assert "entries: 2" in " ".join(nexus("reindex", "guide").stderr.split())
    nexus("reindex", "nowhere", code=1)


def test_every_command_explains_itself(nexus):
    for words in (
        [],
        ["user"],
        ["hub"],
        ["page"],
        ["change"],
        ["import"],
        ["export"],
        ["parse"],
        ["doctor"],
        ["serve"],
    ):
        assert "Usage" in nexus(*words, "-h").stdout
