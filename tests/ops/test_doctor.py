"""`nexus doctor`: as people run it, and each thing that it must find."""

import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import F, QuerySet
from tests.ops.serving import PATIENCE, free_port
from typer.testing import CliRunner

from nexus.accounts.actor import Actor, Door
from nexus.base.errors import Denied
from nexus.hubs.actions import create_hub
from nexus.hubs.activity import nudge
from nexus.hubs.models import Activity, Hub
from nexus.ops.cli.commands import tree
from nexus.ops.doctor import configuration, deep, parts
from nexus.ops.doctor.report import Level
from nexus.pages import actions, blobs
from nexus.pages.invariants import invariants
from nexus.pages.models import Blob, Change, Folder, Page, StoredDocument, Version
from nexus.pages.sweeping import sweep_unused

OPERATOR = Actor.operator()
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"


#: What a measured run's own processes need to be measured too.
COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


def doctor(data: Path, *arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """Exit code and report of `nexus doctor --json`."""
    nexus = Path(sys.executable).with_name("nexus")
    env = {"PATH": "/usr/bin:/bin", "NEXUS_DATA_DIR": str(data), **COVERAGE, **environment}
    ran = subprocess.run(
        [nexus, "doctor", "--json", *arguments],
        env=env,
        cwd=data,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert not ran.stderr, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def named(report: dict[str, Any], name: str) -> list[dict[str, str]]:
    return [check for check in report["checks"] if check["name"] == name]


def test_on_the_embedded_default_nothing_fails(tmp_path: Path) -> None:
    code, report = doctor(tmp_path, "--deep")
    assert code == 0
    assert not [check for check in report["checks"] if check["level"] == "failure"]
    assert report["findings"] == []


def test_settings_name_their_source_and_hide_secrets(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(KEY)
    _code, report = doctor(tmp_path, SECRET_KEY_FILE=str(secret), NEXUS_THREADS="4")
    values = {variable["name"]: (variable["value"], variable["source"]) for variable in report["settings"]}
    assert values["SECRET_KEY"] == ("(set)", "file")
    assert values["NEXUS_THREADS"] == ("4", "environment")
    assert values["NEXUS_WORKERS"] == ("1", "default")
    assert KEY not in json.dumps(report)
    assert all(variable["help"] for variable in report["settings"])


def test_a_database_that_is_not_there_is_explained(tmp_path: Path) -> None:
    url = f"postgresql://user:hidden-word@127.0.0.1:{free_port()}/nexus"
    code, report = doctor(tmp_path, DATABASE_URL=url, SECRET_KEY=KEY)
    (check,) = named(report, "database")
    assert code == 1
    assert "nothing listens there" in check["message"]
    assert "hidden-word" not in json.dumps(report)


def test_a_redis_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    port = free_port()
    code, report = doctor(tmp_path, REDIS_URL=f"redis://:hidden-word@127.0.0.1:{port}/0")
    (check,) = named(report, "redis")
    assert (code, check["level"]) == (1, "failure")
    assert f"127.0.0.1:{port}" in check["message"]
    assert "hidden-word" not in json.dumps(report)


def test_a_mail_server_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    code, report = doctor(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{free_port()}")
    assert (code, named(report, "mail")[0]["level"]) == (1, "failure")


def test_repair_goes_with_deep(tmp_path: Path) -> None:
    nexus = Path(sys.executable).with_name("nexus")
    env = {"PATH": "/usr/bin:/bin", "NEXUS_DATA_DIR": str(tmp_path)}
    ran = subprocess.run([nexus, "doctor", "--repair"], env=env, capture_output=True, timeout=PATIENCE, check=False)
    assert ran.returncode == 2


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ('connection failed: FATAL:  the database system is starting up', "not ready"),
        ('failed to resolve host \'db\': [Errno -2] Name or service not known', "host name is unknown"),
        ("(2005, \"Unknown MySQL server host 'db' (-2)\")", "host name is unknown"),
        ('FATAL:  password authentication failed for user "nexus"', "user or the password"),
        ("(1045, \"Access denied for user 'nexus'@'localhost' (using password: YES)\")", "user or the password"),
        ('FATAL:  database "nexus" does not exist', "no such database"),
        ("(1049, \"Unknown database 'nexus'\")", "no such database"),
        ('connection to server at "127.0.0.1", port 1 failed: Connection refused', "nothing listens"),
        ("(2002, \"Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)\")", "nothing listens"),
        ("connection timeout expired", "does not answer"),
        ("unable to open database file", "file cannot be used"),
        ("file is not a database", "damaged"),
        ("something else", "not one that is known"),
    ],
)  # fmt: skip
def test_what_databases_say_is_told_apart(said: str, meaning: str) -> None:
    assert meaning in parts.explained(Exception(said))[0]


def levels(checks: Any) -> dict[str, Level]:
    return {check.name: check.level for check in checks if check.level is not Level.OK}


def test_what_does_not_fit_each_other_is_found(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["nexus.example.org"]
    settings.SECRET_KEY = KEY
    assert levels([*configuration.hosts(), *configuration.https(), configuration.secret_key()]) == {}
    settings.SECRET_KEY = "change-me-change-me-change-me-change-me-change-me-change-me"
    assert configuration.secret_key().level is Level.WARNING
    settings.HTTPS = True
    assert levels(configuration.https()) == {"https": Level.FAILURE}
    settings.CSRF_TRUSTED_ORIGINS = ["https://other.example.org"]
    assert levels(configuration.hosts()) == {"origins": Level.WARNING}
    settings.CSRF_TRUSTED_ORIGINS = ["nexus.example.org"]
    assert levels(configuration.hosts()) == {"origins": Level.FAILURE}
    settings.WORKERS, settings.REDIS_URL = 2, ""
    assert configuration.workers().level is Level.FAILURE
    settings.DEBUG = True
    assert configuration.debug().level is Level.FAILURE
    settings.ALLOWED_HOSTS, settings.EMBEDDED, settings.CSRF_TRUSTED_ORIGINS = ["localhost"], False, []
    assert levels(configuration.hosts()) == {"hosts": Level.WARNING}


def test_in_a_container_localhost_is_the_container_itself(settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL = "redis://localhost:6379/0"
    settings.DATA_DIR = tmp_path
    remedies = [check.remedy for check in configuration.container() if check.level is Level.FAILURE]
    assert any(remedy.startswith("REDIS_URL=") for remedy in remedies)
    settings.REDIS_URL = "redis://redis:6379/0"
    remedies = [check.remedy for check in configuration.container() if check.level is Level.FAILURE]
    assert not any(remedy.startswith("REDIS_URL=") for remedy in remedies)


def test_the_tests_own_database_is_as_nexus_needs_it(db: None) -> None:
    """On each engine the suite runs on: asked for real, nothing to complain about."""
    checks = {check.name: check.level for check in parts.database()}
    assert checks.pop("database") is Level.OK
    assert checks["migrations"] is Level.OK
    assert checks["clock"] is Level.OK
    assert checks.get("encoding") in {None, Level.OK}


def test_people_read_the_same_report(filled: Hub) -> None:
    run = CliRunner().invoke(tree([]), ["doctor", "--deep", "--repair"])
    # Settings made for tests alone are no installation: on a server database the report finds fault with some of them.
    assert run.exit_code == int("failure " in run.stderr), run.output
    for words in ("NEXUS_DATA_DIR", "database: ", "everything holds", "Took away 0 contents and 0 files"):
        assert words in run.stderr, words
    Activity.objects.filter(seq=2).delete()
    run = CliRunner().invoke(tree([]), ["doctor", "--deep"])
    assert run.exit_code == 1
    assert "activity_gap" in run.stderr


def test_little_room_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((parts.EMPTY - 1, Level.FAILURE), (parts.LOW - 1, Level.WARNING), (parts.LOW, Level.OK)):
        monkeypatch.setattr(parts.shutil, "disk_usage", lambda _path, free=free: SimpleNamespace(free=free))
        assert [check.level for check in parts.storage()] == [level]


def test_a_clock_of_long_ago_is_a_failure(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts.clock, "now", lambda: datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC))
    assert [check.level for check in parts.clocks()] == [Level.FAILURE]


def test_storage_that_is_no_folder_is_a_failure(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.DATA_DIR = tmp_path / "file" / "data"
    assert levels(parts.storage()) == {"storage": Level.FAILURE}


@pytest.fixture
def filled(db: None, settings: Any, tmp_path: Path) -> Hub:
    """A hub with pages in folders, an edit, a move, a deletion and a file."""
    settings.DATA_DIR = tmp_path
    hub = create_hub(OPERATOR, "hub")
    actions.create_page(OPERATOR, "hub", "a/README.md", b"# One\n")
    actions.create_page(OPERATOR, "hub", "a/b/two.md", b"# Two\n")
    actions.create_page(OPERATOR, "hub", "a/image.bin", b"\0\1\2")
    actions.create_page(OPERATOR, "hub", "gone.md", b"# Gone\n")
    head = Page.objects.get(path="a/README.md").head_id
    actions.edit_page(OPERATOR, "hub", "a/README.md", b"# One again\n", base=head)
    actions.move_page(OPERATOR, "hub", "a/b", "c")
    actions.delete_page(OPERATOR, "hub", "gone.md")
    nudge(hub.pk)  # what happens after each commit, which a test's transaction never reaches
    return hub


def found() -> set[str]:
    # Not of the packages that follow the log: nothing is committed in a test, so none of them was nudged.
    return {finding.code for finding in invariants()}


def test_what_actions_write_holds(filled: Hub) -> None:
    assert "nexus.pages.invariants" in deep.packages()
    assert found() == set()


def readme() -> "QuerySet[Page]":
    return Page.objects.filter(path="a/README.md")


def attachment() -> Path:
    return blobs.attachment_path(Blob.objects.get(is_text=False).hash)


def put_a_page_where_a_folder_is() -> None:
    Page.objects.filter(path="a/image.bin").update(path="c")


BREAKS: dict[str, Callable[[], object]] = {
    "activity_gap": lambda: Activity.objects.filter(seq=2).delete(),
    "change_unlogged": lambda: Activity.objects.filter(seq=2).update(verb="hub.updated"),
    "change_empty": lambda: Change.objects.create(
        hub=Hub.objects.get(), seq=1, kind="edit", author=Change.objects.first().author
    ),  # type: ignore[union-attr]
    "path_key": lambda: readme().update(live_key="0" * 64),
    "name_key": lambda: readme().update(name_key="0" * 64),
    "page_is_folder": put_a_page_where_a_folder_is,
    "folder_count": lambda: Folder.objects.filter(path="a").update(count=F("count") + 1),
    "head_not_newest": lambda: readme().update(head=Version.objects.get(path="a/README.md", number=1)),
    "page_not_head": lambda: readme().update(seq=F("seq") + 100),
    "page_kind": lambda: readme().update(kind="file"),
    "page_title": lambda: readme().update(title="Something else"),
    "not_parsed": lambda: StoredDocument.objects.all().delete(),
    "version_gap": lambda: Version.objects.filter(path="a/README.md", number=2).update(parent=None),
    "blob_missing": lambda: attachment().unlink(),
    "blob_damaged": lambda: attachment().write_bytes(b"\0\1\3"),
    "blob_place": lambda: Blob.objects.filter(is_text=True).update(is_text=False),
}


@pytest.mark.parametrize("code", BREAKS)
def test_each_thing_that_is_broken_is_found(filled: Hub, code: str) -> None:
    BREAKS[code]()
    assert code in found()


def test_a_version_of_another_hub_is_found(filled: Hub) -> None:
    create_hub(OPERATOR, "other")
    change = actions.create_page(OPERATOR, "other", "x.md", b"x")
    Version.objects.filter(path="a/README.md", number=2).update(change=change)
    assert "version_elsewhere" in found()


def test_only_what_nothing_names_and_is_old_is_swept(filled: Hub) -> None:
    old = time.time() - 2 * 24 * 3600
    for name, data in (("old", b"\0old"), ("new", b"\0new")):
        blobs.store([blobs.content_of(data)])
        path = blobs.attachment_path(blobs.content_hash(data))
        if name == "old":
            os.utime(path, (old, old))
            Blob.objects.filter(size=4, hash=path.name).update(stored_at="2026-01-01T00:00Z")
    stray = blobs.attachments_folder() / "incoming-x"
    stray.write_bytes(b"half")
    os.utime(stray, (old, old))
    assert sweep_unused(OPERATOR) == (1, 2)
    assert not stray.exists()
    assert Blob.objects.filter(hash=blobs.content_hash(b"\0new")).exists()
    assert found() == set()
    with pytest.raises(Denied):
        sweep_unused(Actor.anonymous(Door.WEB))
