"""S37: what was found in peers, replayed here under its number (tests/security/replays.py): each number names tests that
there are, and what no other test replays is below."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from tests.conftest import PASSWORD
from tests.security.replays import IDS, REPLAYS
from tests.security.test_canary import CANARY, SECRET_PATHS, addresses, digest, victim  # noqa: F401  a fixture

from nexus.exchange import exporting, jobs
from nexus.hubs import actions as hubs
from nexus.hubs import lifetime
from nexus.hubs.models import Hub
from nexus.pages import actions
from nexus.pages.models import Page, Version

pytestmark = pytest.mark.security

TESTS = Path(__file__).parents[1]


def functions(file: Path) -> set[str]:
    return {
        each.name
        for each in ast.parse(file.read_text()).body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def missing(nodes: tuple[str, ...]) -> list[str]:
    """Which of these tests there are not."""
    found = []
    for node in nodes:
        file, _, name = node.partition("::")
        if not (TESTS / file).is_file() or not name.startswith("test_") or name not in functions(TESTS / file):
            found.append(node)
    return found


def test_every_replay_has_its_tests():
    assert list(REPLAYS) == IDS
    for number, replay in REPLAYS.items():
        assert replay.tests or replay.absent, number
        assert missing(replay.tests) == [], number


def test_a_test_that_is_not_there_is_seen():
    here = "security/test_replays.py"
    nodes = (f"{here}::test_every_replay_has_its_tests", f"{here}::test_nothing", "security/none.py::test_x", here)
    assert missing(nodes) == list(nodes[1:])


def test_named_tests_are_run_with_the_attacks(request):
    """tests/conftest.py marks them."""
    named = {node for replay in REPLAYS.values() for node in replay.tests}
    seen = [each for each in request.session.items if each.nodeid.partition("[")[0].removeprefix("tests/") in named]
    assert seen
    assert all(each.get_closest_marker("security") for each in seen)


def test_doors_that_are_not_there_are_not_there():
    """What `absent` says: whoever opens such a door meets this, and replays what it says."""
    assert set(exporting.FORMATS) == {"folder", "zip", "json", "git"}, "D5, D6: no table, no printed page"
    locked = tomllib.loads((TESTS.parent / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[<>=~; ]", each)[0].lower() for each in locked}
    assert not names & {"pillow", "pillow-simd", "wand", "pyvips", "weasyprint", "openpyxl", "pycrdt", "y-py"}, names


@pytest.mark.parametrize("prefix", ["../victim", "/victim", "a/../../victim", "victim/./x", "a\0b", "victim"])
def test_nothing_is_imported_beside_ones_own_hub(cast, victim, api, prefix):  # noqa: F811
    """A3: into a hub of one's own, by a folder that leads elsewhere, and with the other's id beside it."""
    elsewhere = Version.objects.exclude(page__hub__slug="oscars")
    oscar, before, theirs = api("oscar"), set(elsewhere.values_list("pk", flat=True)), Hub.objects.get(slug="victim")
    for hub, more in (("oscars", {}), ("victim", {}), ("oscars", {"hub": "victim"}), ("oscars", {"parent": theirs.pk})):
        sent = {"file": SimpleUploadedFile("README.md", b"# Planted"), "prefix": prefix} | more
        answer = oscar.client.post(f"/api/v1/hubs/{hub}/imports", sent, headers=oscar.headers)
        if more or hub == "victim":
            assert answer.status_code in {400, 404}, answer.content
    while jobs.run_next():
        pass
    assert set(elsewhere.values_list("pk", flat=True)) == before
    planted = set(Page.objects.filter(hub__slug="oscars").values_list("path", flat=True))
    assert planted <= {"victim/README.md"}
    assert planted or prefix not in {"victim", "/victim"}


def test_an_upload_takes_no_id_of_a_file(cast, victim, api):  # noqa: F811
    """A4: in one's own hub, with the id of the victim's file in every place."""
    oscar, before = api("oscar"), digest()
    file = Page.objects.get(hub__slug="victim", path=SECRET_PATHS["file"])
    for field in ("id", "page_id", "attachment_id", "attachment", "page", "hub"):
        body = '--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        sent = body % ("path", f"{field}.bin") + body % (field, file.pk)
        sent += '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nmine\r\n--b--\r\n'
        answer = oscar.client.post(
            "/api/v1/hubs/oscars/attachments", sent, "multipart/form-data; boundary=b", headers=oscar.headers
        )
        assert answer.status_code == 400, (field, answer.content)
    for address in (f"attachments/{file.pk}", f"attachments/{file.pk}/content", f"pages/{file.pk}/text"):
        for method in ("PUT", "PATCH", "POST", "DELETE"):
            told = oscar(method, f"hubs/oscars/{address}", b"mine", headers={"If-Match": f'"{file.head_id}"'})
            assert told.status_code in {404, 405}, (method, address)
    assert digest() == before


def test_who_restores_does_not_own(cast, victim, api):  # noqa: F811
    """A5: a former owner brings back nothing, and what a member brings back stays whose it was."""
    gone = Page.objects.get(hub__slug="victim", path=SECRET_PATHS["deleted"])
    authors = list(Version.objects.filter(page=gone).values_list("change__author__handle", flat=True).order_by("pk"))
    for name in ("rita", "charlie", "oscar", "gus", "leo"):
        answer = api(name)("POST", f"hubs/victim/pages/{gone.pk}/restore", {})
        assert answer.status_code == (403 if name in {"gus", "leo"} else 404), name
    assert api("mona")("POST", f"hubs/victim/pages/{gone.pk}/restore", {}).status_code in {200, 201}
    now = list(Version.objects.filter(page=gone).values_list("change__author__handle", flat=True).order_by("pk"))
    assert now[: len(authors)] == authors
    lifetime.transfer_hub(cast.alice, "victim", "mona")
    hubs.set_member(cast.mona, "victim", "alice", "learner")
    lifetime.delete_hub(cast.mona, "victim", confirm="victim")
    assert api("alice")("POST", "deleted-hubs/victim/restore", {}).status_code == 404
    assert api("mona")("POST", "deleted-hubs/victim/restore", {}).status_code in {200, 201}


LEADING = f"""# Leading

[[{SECRET_PATHS["page"]}]] ![[README]] ![x](../victim/README.md) [y](/victim/pages/README.md) [[victim:README]]
![[../victim/README.md]] {{{{../victim/README.md}}}} [[include:../victim/README.md]]
"""


def test_what_a_text_leads_to_is_told_by_no_export(cast, victim, api, client, tmp_path):  # noqa: F811
    """A10: neither titles nor words of a private hub, in what a public one exports, shows, previews or tells of itself."""
    actions.create_page(cast.lea, "open", "leading.md", LEADING.encode())
    told = [f"{CANARY} {what}" for what in ("title", "matter", "message")] + [f"<h1>{CANARY}", f"Always {CANARY}"]
    cast.user("charlie")
    client.login(username="charlie", password=PASSWORD)
    said = {}
    for format_ in exporting.FORMATS:
        exporting.export_hub(cast.lea, "open", tmp_path / format_, format=format_)
        files = [tmp_path / format_] if (tmp_path / format_).is_file() else (tmp_path / format_).rglob("*")
        said[format_] = b"".join(each.read_bytes() for each in files if each.is_file()).decode("utf-8", "replace")
    assert "Leading" in said["folder"]
    for address in ("/open/pages/leading.md", "/open/", "/open/changes.atom", "/api/v1/hubs/open/graph"):
        said[address] = client.get(address).content.decode()
    sent = {"text": LEADING}
    said["preview"] = client.post("/open/preview/leading.md", sent).content.decode()
    assert [(where, words) for where, text in said.items() for words in told if words in text] == []


@pytest.mark.parametrize("name", ["alice", "lea", "gus", "charlie", "anonymous"])
def test_nobody_learns_an_address_of_somebody_else(cast, victim, api, client, settings, name):  # noqa: F811
    """A13: by no page of a hub, its proposals of names among them, nor where accounts are looked for."""
    settings.RATE_SIGNED_IN = settings.RATE_ANONYMOUS = 10**6
    if name != "anonymous":
        cast.user(name)
        client.login(username=name, password=PASSWORD)
    asked = [address for hub in ("victim", "open") for _, address in addresses(hub)]
    asked += [f"/{hub}/names?q={word}" for hub in ("victim", "open") for word in ("", "a", "mona", "example.org")]
    asked += ["/people/mona", "/people/oscar", "/search?q=example.org", "/search?q=mona", "/api/v1/search?q=example.org",
              "/api/v1/people/mona", "/api/v1/hubs/open/people", "/api/v1/hubs/victim/people",
              "/api/v1/hubs/open/members", "/api/v1/hubs/victim/members"]  # fmt: skip
    told = []
    for address in asked:
        answer = client.get(address)
        said = (b"".join(answer) if answer.streaming else answer.content).decode("utf-8", "replace")
        told += [(address, each) for each in re.findall(r"(\w+)@example\.org", said) if each != name]
        answer.close()
    if name == "alice":
        assert told, "whom an owner invited by an address is seen by the owner, or nothing would be seen here"
    else:
        assert told == []


@pytest.mark.parametrize("text", ["{{7*7}}", "{% include 'base.html' %}", "{% debug %}", "${7*7}", "<%= 7*7 %>", "#{7*7}",
                                  ".. include:: /etc/passwd", "[[include:../b.md]]", "![[a.md]]", "{{> a}}"])  # fmt: skip
def test_a_text_is_no_template(cast, hub, client, text):
    """D9: it is shown as written, and takes nothing in: neither another page nor itself."""
    actions.create_page(cast.lea, "cohort", "taken-in.md", f"# {CANARY}\n".encode())
    actions.create_page(cast.lea, "cohort", "a.md", f"# A\n\nbefore {text} after\n\n{{{{ request.user }}}}\n".encode())
    cast.user("mona")
    client.login(username="mona", password=PASSWORD)
    shown = client.get("/cohort/pages/a.md").content.decode()
    article = shown[shown.index("before") : shown.index("after")]
    assert "49" not in article
    assert "root:" not in shown
    assert shown.count(">A</h1>") <= 1
    assert "{{ request.user }}" in shown


QUERIES = ("%%%%", "____", "%", "((((", "a:*b", "'&|!", "\\", "*", ".*", "a" * 100_000, "word " * 10_000)


def test_a_query_has_no_signs_that_mean_all(cast, victim, api, client, settings):  # noqa: F811
    """E11: by an owner, who could find all of it."""
    settings.RATE_SIGNED_IN = 10**6
    alice = api("alice")
    client.login(username="alice", password=PASSWORD)
    assert CANARY in alice("GET", "search", q=CANARY).content.decode()
    for query in QUERIES:
        answer = alice("GET", "search", q=query[:2000])
        assert answer.status_code in {200, 400}, query[:20]
        assert f"{CANARY}-" not in answer.content.decode(), query[:20]
        posted = client.post("/search", {"q": query}, follow=True)
        assert posted.status_code in {200, 400}, query[:20]
        assert f"{CANARY}-" not in posted.content.decode(), query[:20]


def test_no_list_is_narrowed_by_what_is_not_named(cast, victim, api):  # noqa: F811
    """E11: no order and no filter along a relation, by which one letter after another would be told."""
    alice = api("alice")
    for noun in ("pages", "entries", "changes", "members", "shares", "webhooks", "invitations", "attachments"):
        for key in ("ordering", "order_by", "sort", "author__password", "owner__email__startswith", "title__regex", "pk__in",
                    "hub__slug", "user__password__startswith", "secret__startswith"):  # fmt: skip
            answer = alice("GET", f"hubs/victim/{noun}", **{key: "author__password"})
            assert answer.status_code == 400, (noun, key)
