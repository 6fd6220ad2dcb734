"""R20, E7, E8: a text that could be a burden, put straight into the store as an older release could have, harms nobody:
lists, search, export, feed, a new start, `nexus reindex` and `nexus doctor` go on, its source is there, and it is not tried
for ever."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.conftest import PASSWORD, Cast, make_hub
from tests.live.conftest import start_stage  # noqa: F401  a fixture
from tests.live.stage import Stage
from tests.ops.serving import command
from tests.security.poison import POISON, poisoned

from nexus.exchange.exporting import export_hub
from nexus.hubs.activity import nudge
from nexus.hubs.models import Hub
from nexus.knowledge.invariants import invariants as of_knowledge
from nexus.pages import indexing, parsing
from nexus.pages.invariants import invariants as of_pages
from nexus.pages.models import Page, StoredDocument
from nexus.pages.shares import create_share
from nexus.search.invariants import invariants as of_search

pytestmark = pytest.mark.security

READ = (
    "/cohort/", "/cohort/pages/", "/cohort/changes", "/cohort/changes.atom", "/cohort/topics", "/cohort/challenges", "/",
    "/search?q=harmless", "/cohort/since", "/cohort/names?q=a", "/api/v1/hubs/cohort/pages", "/api/v1/search?q=a",
    "/api/v1/hubs/cohort/entries", "/cohort/pages/README.md",
)  # fmt: skip


@pytest.fixture
def reader(cast: Cast) -> Client:
    make_hub(cast)
    client = Client()
    client.login(username=cast.user("lea").username, password=PASSWORD)
    return client


def everything_is_there(client: Any, texts: dict[str, str]) -> None:
    """What is not the text itself is answered, and its source too."""
    for address in READ:
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
    for name, text in texts.items():
        answer = client.get(f"/cohort/raw/{name}.md")
        assert b"".join(answer) == text.encode()
        assert client.get(f"/cohort/pages/{name}.md").status_code in (200, 503), name


@pytest.mark.slow
def test_what_an_older_release_stored_harms_nobody(cast: Cast, reader: Client, tmp_path: Path) -> None:
    poisoned("cohort", {"README": "# Harmless\n", **POISON})
    assert set(StoredDocument.objects.values_list("parser", flat=True)) == {"0"}
    everything_is_there(reader, POISON)
    assert indexing.parse_missing() == len(POISON) + 1
    assert indexing.parse_missing() == 0, "what could not be parsed is not tried again"
    indexing.drop_outdated()
    hub = Hub.objects.get(slug="cohort")
    indexing.rebuild(hub.pk)
    nudge(hub.pk)
    everything_is_there(reader, POISON)
    assert [*of_pages(), *of_knowledge(), *of_search()] == []
    export_hub(cast.lea, "cohort", tmp_path / "out.zip", format="zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert {name: archive.read(f"{name}.md") for name in POISON} == {n: text.encode() for n, text in POISON.items()}


def test_what_cannot_be_parsed_is_shown_as_it_was_written_and_says_so(
    cast: Cast, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "# Long\n\n<script>&\n\n" + "word " * 20_000
    poisoned("cohort", {"README": "# Harmless\n", "long": text})
    monkeypatch.setattr(parsing, "BUDGET", 0.0)
    assert indexing.parse_missing() == 2
    assert indexing.parse_missing() == 0
    version = Page.objects.get(path="long.md").head_id
    link = f"/shared/{create_share(cast.mona, 'cohort', 'long.md').token}"
    for address in ("/cohort/pages/long.md", f"/cohort/versions/{version}", link):
        shown = reader.get(address, follow=True).content.decode()
        assert "&lt;script&gt;&amp;" in shown, address
        assert "shown as it was written" in shown, address
    everything_is_there(reader, {"long": text})


@pytest.mark.slow
def test_a_server_starts_with_it_and_answers_others(start_stage: Callable[..., Stage]) -> None:  # noqa: F811
    """Killed while it is read, started anew, reindexed and looked at by the operator."""
    first = start_stage()
    first.do("hub", "cohort", "public", {"alice": "owner"})
    first.do("poisoned", "cohort")
    first.do("page", "cohort", "README.md", "# Harmless\n")
    for name in POISON:
        first.raw(f"GET /cohort/pages/{name}.md HTTP/1.1\r\nHost: 127.0.0.1:{first.port}\r\n\r\n".encode())
    first.process.kill()
    first.process.wait()
    again = start_stage()
    assert again.ask("/cohort/")[0] == 200
    said = json.loads(command(again.data, "reindex", "--json"))
    assert said["parsed"] == len(POISON)
    assert json.loads(command(again.data, "reindex", "--json"))["parsed"] == 0
    command(again.data, "doctor", "--deep")
    for address in (
        "/cohort/",
        "/cohort/pages/README.md",
        "/cohort/changes.atom",
        "/search?q=harmless",
        "/health/ready",
    ):
        assert again.ask(address)[0] == 200, address
    for name, text in POISON.items():
        assert again.ask(f"/cohort/raw/{name}.md")[2] == text.encode()
    assert again.stop() == 0, again.output
