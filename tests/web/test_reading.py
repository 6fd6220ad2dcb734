"""Reading in the browser: what is shown, what it costs, and what bytes come out."""

import re

import pytest
from django.test import Client
from tests.conftest import PASSWORD, make_hub

from nexus.hubs import actions as hubs
from nexus.pages import actions
from nexus.pages.models import StoredDocument

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
TEXT = """# Ada's notes

See [the log](log/week-1.md), [[Week two]], ![a plot](img/plot.png), [nowhere](gone.md), [out](https://example.org/x).

## Key Technologies

- **Docker**: containers
- **Redis**: caching

## Challenges & Solutions

- **Challenge:** Slow list pages. **Solution:** Added an index.
"""


@pytest.fixture
def public(cast, client):
    make_hub(cast, "open", "public")
    write = lambda path, content: actions.create_page(cast.lea, "open", path, content)  # noqa: E731
    write("ada/README.md", TEXT.encode())
    write("ada/log/week-1.md", b"# Week one\n")
    write("ada/log/w2.md", b"# Week two\n")
    write("ada/img/plot.png", PNG)
    write("ada/evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    write("ada/evil.html", b"\xff<script>alert(1)</script>")
    return client


def body(response) -> str:
    return response.content.decode()


def test_page_shows_text_tree_and_what_was_found(public):
    shown = body(public.get("/open/pages/ada/README.md"))
    assert "<h1" in shown
    assert "Ada&#x27;s notes · Open · Nexus" in shown
    assert 'href="/open/pages/ada/log"' in shown  # a folder of the tree
    assert "Found in this page" in shown
    for title in ("Docker", "Redis", "Slow list pages"):
        assert shown.count(title) >= 2, title


def test_links_lead_where_they_did(public):
    shown = body(public.get("/open/pages/ada/README.md"))
    assert 'href="/open/pages/ada/log/week-1.md"' in shown
    assert 'href="/open/pages/ada/log/w2.md"' in shown  # by its title
    assert 'src="/open/raw/ada/img/plot.png"' in shown
    assert 'href="/open/pages/ada/gone.md" class="missing"' in shown
    assert 'href="https://example.org/x"' in shown


def test_folder_shows_its_readme_and_hub_without_one_its_listing(public):
    assert "Found in this page" in body(public.get("/open/pages/ada"))
    top = body(public.get("/open/"))
    assert 'href="/open/pages/ada"' in top
    assert public.get("/open/pages/").headers["Location"] == "/open/"


@pytest.mark.parametrize(
    ("path", "kind", "disposition"),
    [
        ("ada/README.md", "text/plain; charset=utf-8", None),
        ("ada/evil.svg", "text/plain; charset=utf-8", None),
        ("ada/img/plot.png", "image/png", 'inline; filename="plot.png"'),
        ("ada/evil.html", "application/octet-stream", 'attachment; filename="evil.html"'),
    ],
)
def test_raw_bytes_are_exact_and_never_run(public, path, kind, disposition):
    response = public.get(f"/open/raw/{path}")
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert content in {TEXT.encode(), PNG, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
                       b"\xff<script>alert(1)</script>"}  # fmt: skip
    assert response.headers["Content-Type"] == kind
    assert response.headers.get("Content-Disposition") == disposition
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_raw_answers_not_modified_only_to_readers(cast, public, client):
    etag = public.get("/open/raw/ada/README.md").headers["ETag"]
    assert public.get("/open/raw/ada/README.md", headers={"If-None-Match": etag}).status_code == 304
    hubs.update_hub(cast.alice, "open", visibility="private")
    assert public.get("/open/raw/ada/README.md", headers={"If-None-Match": etag}).status_code == 404


def test_text_without_a_stored_parse_is_shown_as_written(public):
    StoredDocument.objects.all().delete()
    shown = body(public.get("/open/pages/ada/README.md"))
    assert "shown as it was written" in shown
    assert "# Ada&#x27;s notes" in shown


def test_reading_costs_the_same_whatever_the_hub_holds(cast, public, django_assert_num_queries):
    with django_assert_num_queries(5):
        public.get("/open/pages/ada/README.md")
    for n in range(30):
        actions.create_page(cast.lea, "open", f"ada/more-{n}/page.md", f"# Page {n}\n".encode())
        actions.create_page(cast.lea, "open", f"ada/page-{n}.md", f"# Page {n}\n".encode())
    with django_assert_num_queries(5):
        public.get("/open/pages/ada/README.md")


def test_signed_in_reading_costs_seven(cast, public, client, django_assert_num_queries):
    cast.user("lea")
    assert client.login(username="lea", password=PASSWORD)
    client.get("/open/pages/ada/README.md")  # the first request of a session notes where from
    with django_assert_num_queries(7):
        assert client.get("/open/pages/ada/README.md").status_code == 200


def test_start_lists_what_one_may_see(cast, public, client):
    make_hub(cast, "hidden", "private")
    assert "Open" in body(client.get("/"))
    assert "Hidden" not in body(client.get("/"))
    client.login(username="gus", password=PASSWORD)
    assert "Hidden" in body(client.get("/"))


def test_public_pages_may_be_indexed_and_others_not(cast, public):
    assert "noindex" not in body(public.get("/open/pages/ada/README.md"))
    hubs.update_hub(cast.alice, "open", visibility="internal")
    public.login(username="charlie" if cast.user("charlie") else "", password=PASSWORD)
    assert "noindex" in body(public.get("/open/pages/ada/README.md"))


@pytest.mark.parametrize(
    "path", ["/", "/account/login/", "/account/signup/", "/open/", "/open/pages/ada/README.md", "/nowhere"]
)
def test_every_page_has_a_strict_policy(public, path):
    response = public.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    scripts = re.findall(r"<script[^>]*>[^<]*", body(response))
    assert all(re.fullmatch(r'<script type="module" src="/static/built/[\w/.-]+">', script) for script in scripts)
    assert " style=" not in body(response)
    is_same_for_all = path in {"/", "/open/", "/open/pages/ada/README.md"}
    assert ("private" in response.headers["Cache-Control"]) == (not is_same_for_all)


@pytest.mark.security
def test_what_is_shown_to_somebody_is_theirs(cast, public):
    """S5: `no-store` on every page of somebody who is signed in."""
    cast.user("gus")
    public.login(username="gus", password=PASSWORD)
    for path in ("/", "/open/", "/open/pages/ada/README.md", "/open/topics", "/open/people", "/search?q=x", "/show-me"):
        response = public.get(path)
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "private, no-store"), path


@pytest.mark.security
@pytest.mark.parametrize("cookie", ["nexus_session=", "nexus_session=over", "messages=x", "a=b"])
def test_what_takes_a_cookie_back_is_kept_by_nobody(public, cookie):
    """S5. Red once: what ended a session that was over already said that everybody may have it."""
    for path in ("/", "/open/", "/open/pages/ada/README.md"):
        response = public.get(path, headers={"Cookie": cookie})
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "private, no-store"), path
    harmless = Client().get("/open/", headers={"Cookie": f"nexus_csrf={'x' * 32}"})
    assert harmless.headers["Cache-Control"] == "public, no-cache"


def test_a_page_without_a_heading_of_its_own_is_headed_by_its_title(cast, public):
    actions.create_page(cast.lea, "open", "bare.md", b"---\ntitle: What it is called\n---\n\nWords.\n\n## Second\n")
    assert "<h1>What it is called</h1>" in body(public.get("/open/pages/bare.md"))
    actions.create_page(cast.lea, "open", "bare/README.md", b"Words.\n")
    assert "<h1>bare</h1>" in body(public.get("/open/pages/bare"))
    assert body(public.get("/open/pages/ada/README.md")).count("<h1") == 1


def test_in_a_large_folder_the_tree_begins_before_the_page(cast, public, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("nexus.pages.queries.TREE_LIMIT", 12)
    for number in range(30):
        actions.create_page(cast.lea, "open", f"many/{number}.md", f"# Note {number}\n".encode())
    with django_assert_num_queries(5):
        shown = body(public.get("/open/pages/many/20.md"))
    assert re.findall(r">Note (\d+)</a></li>", shown) == [str(number) for number in range(12, 24)]
    assert 'aria-current="page">Note 20<' in shown
    assert "Everything in this folder" in shown
    previous, following = re.findall(r'rel="(?:prev|next)" href="([^"]+)"', shown)
    assert (previous, following) == ("/open/pages/many/19.md", "/open/pages/many/21.md")
