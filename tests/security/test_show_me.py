"""What strangers bring to /show-me: no private place is asked, nothing they wrote runs, and nothing they send takes long or
much (S25, S27, E3, E8)."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from dulwich.repo import Repo
from tests.security.test_addresses import SPELLINGS, Canary
from tests.security.test_git_sources import Host, commit, host, serve  # noqa: F401  the fixture

from nexus.pages import parsing

pytestmark = [pytest.mark.security, pytest.mark.django_db(transaction=True)]


def body(response) -> str:
    return response.content.decode()


@pytest.mark.slow  # make test-all: forty spellings, each by a process
def test_no_private_place_is_asked(client, settings):
    settings.SHOW_ME_ADDRESSES = 1000
    canary = Canary("127.0.0.1")
    settings.IMPORT_PORTS = ["443", str(canary.port)]
    try:
        for spelling in SPELLINGS:
            response = client.post("/show-me", {"address": spelling.format(port=canary.port)})
            assert response.status_code in {400, 503}, spelling
    finally:
        canary.close()
    assert canary.visits == 0


def test_a_repository_is_shown_and_leaves_nothing(client, host, tmp_path, settings):  # noqa: F811
    repository = Repo.init_bare(str(tmp_path / "r.git"), mkdir=True)
    commit(
        repository,
        [(b"README.md", 0o100644, b"# Shared\n\n## Best Practices\n\n- Pin versions\n"), (b"b.md", 0o100644, b"# B")],
    )
    shown = body(client.post("/show-me", {"address": serve(host, repository)}))
    assert "Pin versions" in shown
    assert 'name="address" value="https://localhost' in shown
    assert [path for path in settings.DATA_DIR.rglob("*") if path.is_file()] == []


HOSTILE = """# <script>alert(1)</script>

## Challenges

- **Challenge:** </mark></pre><script>alert(2)</script><img src=x onerror=alert(3)>. **Solution:** "><svg onload=alert(4)>
- **Challenge:** [x](javascript:alert(5)) <a href="javascript:alert(6)" id="Found-1">y</a>

<textarea></textarea><form action="https://evil.example.org"><base href="https://evil.example.org">
"""


def test_nothing_that_was_brought_becomes_markup(client):
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("<img src=x>/README.md", HOSTILE)
        archive.writestr("<script>alert(7)</script>.md", HOSTILE)
    named = SimpleUploadedFile("<svg onload=alert(8)>.md", HOSTILE.encode())
    for brought in ({"text": HOSTILE}, {"file": named}, {"file": SimpleUploadedFile("x.zip", zipped.getvalue())}):
        response = client.post("/show-me", brought)
        shown = body(response)
        assert response.status_code == 200
        shown = shown.replace('<script type="module" src="/static/built/', "")  # our own
        for forbidden in ("<script", "<img", "<svg", "<base", '<a href="javascript', 'action="https://evil'):
            assert forbidden not in shown, forbidden
        assert shown.count("<textarea") == shown.count("</textarea>") <= 1
        assert shown.count('id="Found-1"') == 1
        assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_archives_made_to_explode_are_refused(client):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(100):
            archive.writestr(f"{n}.md", b"\0" * 1_900_000)
    assert client.post("/show-me", {"file": SimpleUploadedFile("x.zip", bomb.getvalue())}).status_code == 413
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for n in range(6_000):
            archive.writestr(f"{n}.md", b"")
    assert client.post("/show-me", {"file": SimpleUploadedFile("x.zip", many.getvalue())}).status_code == 413


def test_a_text_that_takes_too_long_is_shown_as_it_is(client, monkeypatch):
    """Two megabytes of what is slowest to parse: the parser is killed, the visitor sees the text, nobody waits."""
    monkeypatch.setattr(parsing, "BUDGET", 0.05)
    hostile = ("> " * 500 + "[" * 500 + "\n") * 1000
    shown = body(client.post("/show-me", {"text": hostile[:1_990_000]}))
    assert "Nothing was recognised in this text." in shown
    assert "Only the beginning is shown" in shown


def test_a_request_that_is_too_large_is_not_looked_at(client):
    file = SimpleUploadedFile("x.zip", b"PK" + b"\0" * 10_500_000)
    assert client.post("/show-me", {"file": file}).status_code == 413
