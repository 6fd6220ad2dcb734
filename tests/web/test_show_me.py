"""Show me: a text of one's own without an account, what is found in it, and keeping it; without a script."""

import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.conftest import PASSWORD
from tests.search.test_search import AMINA

from nexus.accounts.actor import Actor
from nexus.base import clock, shared
from nexus.exchange import preview
from nexus.hubs.models import Hub, Membership
from nexus.pages import blobs
from nexus.pages.queries import all_paths
from nexus.web.views import show_me

pytestmark = pytest.mark.django_db(transaction=True)


def body(response) -> str:
    return response.content.decode()


def upload(name: str, data: bytes) -> dict[str, object]:
    return {"file": SimpleUploadedFile(name, data)}


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return made.getvalue()


def rows() -> dict[str, int]:
    """How many rows each table has."""
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def files(folder) -> list[Path]:
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


def test_what_was_found_is_listed_and_lit(client):
    shown = body(client.post("/show-me", {"text": AMINA}))
    assert '<span id="Found-1"></span><mark>' in shown
    for title in ("Docker", "The web container could not reach the database", "Pin the versions"):
        assert title in shown
    anchors, links = set(re.findall(r'id="(Found-\d+)"', shown)), set(re.findall(r'href="#(Found-\d+)"', shown))
    assert anchors == links
    assert len(links) >= 5
    assert "No concept yet." in shown
    assert "Keep it" in shown
    assert 'content="noindex"' in shown


def test_nothing_is_stored_before_it_is_kept(client, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = rows()
    for brought in (
        {"text": AMINA},
        {"text": AMINA + "word " * 20_000},
        upload("notes.md", AMINA.encode()),
        upload("notes.zip", zipped({"a/README.md": AMINA.encode(), "a/b.md": b"# B"})),
        upload("broken.zip", b"PK\3\4 broken"),
    ):
        client.post("/show-me", brought)
    assert rows() == before
    assert not client.cookies.get("nexus_session")
    assert files(settings.DATA_DIR) == []
    assert files(tmp_path) == []


def test_an_archive_shows_its_readme_and_lists_the_rest(client):
    archive = zipped(
        {"top/README.md": AMINA.encode(), "top/week.md": b"# Week one\n", "top/x.bin": b"\0", "../evil.md": b"# Evil"}
    )
    shown = body(client.post("/show-me", upload("top.zip", archive)))
    assert "top/README.md" in shown
    assert "Week one" in shown
    assert "Evil" not in shown
    assert "nothing found" in shown


def test_only_so_many_pages_are_looked_at(client, monkeypatch):
    monkeypatch.setattr(preview, "MAX_PAGES", 3)
    monkeypatch.setattr(preview, "MAX_PARSED", 40)
    archive = zipped({f"{n}.md": b"# Number\n\n" + b"x" * 20 for n in range(5)} | {"README.md": b"# Read me\n"})
    seen = preview.preview_source(_written(archive))
    assert (seen.path, len(seen.others), seen.is_cut) == ("README.md", 2, True)
    assert [page.found for page in seen.others] == [{}, None]


def _written(data: bytes) -> Path:
    import tempfile

    path = Path(tempfile.mkdtemp(), "archive.zip")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("brought", "status", "says"),
    [
        ({"text": "  "}, 400, "nothing to look at"),
        ({"text": "", "address": "http://example.org/r.git"}, 400, "Only https is fetched."),
        ({"text": "", "address": "/etc"}, 400, "That address is not fetched."),
        (lambda: upload("x.md", b"\xff\xfe\0a"), 400, "That is no text"),
        (lambda: upload("x.md", b"a" * 2_000_001), 413, "A page may have 2 MB."),
        (lambda: upload("x.zip", b"no zip"), 400, "damaged"),
        (lambda: upload("x.zip", zipped({"x.txt": b"x"})), 400, "no Markdown page"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_remedy(client, brought, status, says):
    response = client.post("/show-me", brought() if callable(brought) else brought)
    assert response.status_code == status
    assert says in body(response)


def test_a_refusal_keeps_what_was_typed(client, settings):
    typed = {"text": "\n# Mine & <b>yours</b>\n", "address": "http://example.org/r&d.git"}
    shown = body(client.post("/show-me", typed))
    assert "Only https is fetched." in shown
    assert "<textarea" in shown
    assert ">\n\n# Mine &amp; &lt;b&gt;yours&lt;/b&gt;\n</textarea>" in shown  # a browser drops the first line feed
    assert 'value="http://example.org/r&amp;d.git"' in shown
    settings.SHOW_ME_TEXTS = 0
    response = client.post("/show-me", {"text": "# Mine"})
    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 1
    assert "# Mine</textarea>" in body(response)


def keep(client, text: str = AMINA, **more):
    return client.post("/show-me/keep", {"text": text, "name": "README.md", **more})


def content(slug: str) -> dict[str, bytes]:
    return {page.path: blobs.read(page.blob) for page in all_paths(Actor.operator(), slug)}


def test_the_whole_way_without_a_script(client):
    """Paste, look, keep, sign up, name it, and stand in one's own hub."""
    shown = body(client.post("/show-me", {"text": AMINA}))
    kept = re.search(r'<textarea name="text" hidden>\n(.*?)</textarea>', shown, re.DOTALL)
    assert kept is not None
    import html

    there = keep(client, html.unescape(kept[1]).replace("\n", "\r\n"))  # as browsers send it
    to_sign_up = client.get(there.headers["Location"])
    assert to_sign_up.headers["Location"] == "/account/signup/?next=%2Fshow-me%2Fkeep"
    form = body(client.get(to_sign_up.headers["Location"]))
    assert 'name="next" value="/show-me/keep"' in form
    account = {"username": "nia", "email": "nia@example.org", "password1": PASSWORD, "password2": PASSWORD}
    signed_up = client.post("/account/signup/", account | {"next": "/show-me/keep"})
    assert signed_up.headers["Location"] == "/show-me/keep"
    assert 'name="slug"' in body(client.get("/show-me/keep"))
    assert not Hub.objects.exists()
    made = client.post("/show-me/keep", {"title": "Nia's notes", "slug": "nia-notes", "visibility": "private"})
    assert made.headers["Location"] == "/nia-notes/"
    assert content("nia-notes") == {"README.md": AMINA.encode()}
    hub = Hub.objects.get()
    assert (hub.title, hub.visibility) == ("Nia's notes", "private")
    assert Membership.objects.get().role == "owner"
    assert "Docker" in body(client.get("/nia-notes/"))
    assert "show_me" not in client.session


@pytest.fixture
def lea(cast, client):
    cast.user("lea")
    client.login(username="lea", password=PASSWORD)
    return client


def test_what_is_wrong_in_the_form_is_said_beside_it(cast, lea):
    keep(lea)
    for given, says in (
        ({"slug": "Not A Slug"}, "That cannot be an address."),
        ({"slug": "show-me"}, "That address is reserved."),
        ({"slug": "notes", "visibility": "secret"}, "That is no visibility."),
        ({"slug": "notes", "title": "x" * 201}, "That cannot be a title."),
    ):
        response = lea.post("/show-me/keep", {"title": "Notes", "visibility": "private"} | given)
        assert response.status_code == 400
        assert says in body(response)
    assert not Hub.objects.exists()
    assert lea.post("/show-me/keep", {"title": "Notes", "slug": "notes", "visibility": "public"}).status_code == 302


def test_an_archive_is_chosen_once_more(lea):
    archive = zipped({"top/README.md": AMINA.encode(), "top/plot.png": b"\x89PNG\0"})
    assert 'name="is_file"' in body(lea.post("/show-me", upload("top.zip", archive)))
    keep(lea, "", is_file="1")
    assert 'type="file"' in body(lea.get("/show-me/keep"))
    missing = lea.post("/show-me/keep", {"slug": "notes", "title": "Notes"})
    assert "The file is missing." in body(missing)
    assert (
        lea.post("/show-me/keep", {"slug": "notes", "title": "Notes", **upload("top.zip", archive)}).status_code == 302
    )
    assert set(content("notes")) == {"top/README.md", "top/plot.png"}


def test_bytes_that_a_form_would_change_are_chosen_once_more(lea):
    data = b"# Notes\r\n\r\n- one\r\n"
    assert 'name="is_file"' in body(lea.post("/show-me", upload("notes.md", data)))
    keep(lea, "", is_file="1", name="notes.md")
    lea.post("/show-me/keep", {"slug": "notes", "title": "Notes", **upload("notes.md", data)})
    assert content("notes") == {"notes.md": data}


def test_an_import_that_fails_leaves_no_hub(lea):
    keep(lea, "", address="https://127.0.0.1/r.git")
    response = lea.post("/show-me/keep", {"slug": "notes", "title": "Notes"})
    assert response.status_code in {400, 503}
    assert not Hub.objects.exists()


def test_what_waits_is_one_text_for_a_day(lea, monkeypatch):
    keep(lea, "# First\n")
    keep(lea, "# Second\n")
    assert "First" not in str(lea.session["show_me"])
    later = clock.now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert lea.get("/show-me/keep").headers["Location"] == "/show-me"
    assert "show_me" not in lea.session
    assert keep(lea, "x" * 2_000_001).status_code == 413
    assert keep(lea, "").status_code == 400


def test_a_client_that_asks_often_is_told_when_to_come_back(client, settings):
    with clock.at(clock.now()):  # turns are counted by the minute, and this is to be one
        settings.SHOW_ME_TEXTS, settings.SHOW_ME_ADDRESSES = 2, 1
        asked = {"text": "# x"}
        assert [client.post("/show-me", asked).status_code for _ in range(3)] == [200, 200, 429]
        refused = client.post("/show-me", asked)
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert "Try again in" in body(refused)
        assert client.post("/show-me", asked, REMOTE_ADDR="192.0.2.7").status_code == 200
        six = [client.post("/show-me", asked, REMOTE_ADDR=f"2001:db8:0:1::{n}").status_code for n in range(3)]
        assert six == [200, 200, 429], "a household has a /64"
        assert [client.post("/show-me", {"address": "https://[::1]/"}).status_code for _ in range(2)] == [400, 429]
        shared.clear()
        assert client.post("/show-me", asked).status_code == 200


def test_only_few_are_looked_at_at_once(client):
    for _ in range(show_me.AT_ONCE):
        assert show_me._turns.acquire(blocking=False)
    try:
        assert client.post("/show-me", {"text": "# x"}).status_code == 503
    finally:
        for _ in range(show_me.AT_ONCE):
            show_me._turns.release()
    assert client.post("/show-me", {"text": "# x"}).status_code == 200
