"""Searching in the browser: the page, the palette's list, pasted errors, and no script anywhere."""

import pytest
from tests.conftest import PASSWORD, make_hub
from tests.search.test_search import AMINA, KOFI, PASTED

from nexus.hubs import actions as hubs
from nexus.pages import actions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def public(cast, client):
    make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "amina/README.md", AMINA.encode())
    actions.create_page(cast.leo, "open", "log.md", KOFI.encode())
    return client


def body(response) -> str:
    return response.content.decode()


def test_words_are_marked_and_lead_somewhere(public):
    shown = body(public.get("/search", {"q": "docker images"}))
    assert "<mark>Docker</mark> <mark>images</mark> of 1.2 GB" in shown
    assert 'href="/open/challenges/' in shown
    assert "-docker-images-of-12-gb" in shown
    assert 'href="/open/pages/amina/README.md"' in shown
    assert 'href="/people/lea"' in shown
    assert 'href="/search?q=docker+images&amp;kind=challenge"' in shown
    assert 'name="robots" content="noindex"' in shown
    assert 'href="/topics/docker"' in body(public.get("/search", {"q": "docker"}))


def test_a_kind_is_chosen_by_a_link(public):
    shown = body(public.get("/search", {"q": "docker", "kind": "practice"}))
    assert "Pin the versions" in shown
    assert "of 1.2 GB" not in shown
    assert 'kind=practice" aria-current="true"' in shown
    assert 'kind=challenge"' in shown


def test_a_long_error_is_sent_as_a_form_and_read_as_an_error(public):
    response = public.post("/search", {"q": PASTED})
    assert response.status_code == 200
    shown = body(response)
    assert "Read as an error:" in shown
    assert shown.index("The web container could not reach") < shown.index("No database in CI")
    assert shown.count("same error") == 2
    assert "solved</span>" in shown
    assert "still stuck</span>" in shown
    assert '<button class="link" name="kind" value="challenge"' in shown
    chosen = body(public.post("/search", {"q": PASTED, "kind": "challenge"}))
    assert "No database in CI" in chosen


def test_a_short_form_becomes_an_address(public):
    response = public.post("/search", {"q": "docker & co", "hub": "open"})
    assert (response.status_code, response.headers["Location"]) == (302, "/search?q=docker+%26+co&hub=open")


def test_a_form_from_elsewhere_only_asks(public, client):
    """It changes nothing, so it needs no token, and the pages it stands in are the same for everybody."""
    client.handler.enforce_csrf_checks = True
    assert client.post("/search", {"q": "docker"}).status_code == 302
    for path in ("/", "/open/", "/search"):
        assert "csrfmiddlewaretoken" not in body(client.get(path)), path
    assert client.post("/show-me", {"text": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "All words must be there"),
        ("nothingofthekind", "Nothing here says that."),
        ("KeyError: 'nothing of the kind'", "Nobody here has met this error."),
    ],
)
def test_an_empty_answer_says_what_to_do(public, query, says):
    shown = body(public.get("/search", {"q": query}))
    assert says in shown
    assert 'class="hits"' not in shown


def test_the_palette_gets_a_list_alone(public, cast):
    for n in range(15):
        actions.create_page(cast.lea, "open", f"many/{n}.md", f"# Numbered {n}\n".encode())
    listed = body(public.get("/search", {"q": "numbered"}, headers={"HX-Request": "true"}))
    assert listed.startswith('<ul class="results">')
    assert listed.rstrip().endswith("</ul>")
    assert listed.count("<li") == listed.count('<a href="/open/pages/many/') == 12
    assert "Page" in listed
    assert "Open" in listed
    assert body(public.get("/search", {"q": "zzzz"}, headers={"HX-Request": "true"})).split() == [
        "<ul",
        'class="results">',
        "</ul>",
    ]


def test_more_follows(public, cast):
    for n in range(25):
        actions.create_page(cast.lea, "open", f"many/{n:02}.md", f"# Numbered {n:02}\n".encode())
    first = body(public.get("/search", {"q": "numbered"}))
    assert 'rel="next" href="/search?q=numbered&amp;cursor=20"' in first
    second = body(public.get("/search", {"q": "numbered", "cursor": "20"}))
    assert second.count('<li class="hit page">') == 5
    assert 'rel="next"' not in second


def test_nothing_that_is_typed_becomes_markup(public, cast):
    text = "# <script>alert(1)</script>\n\nA needle <b onclick=x>& more\n\n`<img src=x onerror=alert(1)>` needle\n"
    actions.create_page(cast.lea, "open", "evil.md", text.encode())
    hostile = "needle <script>alert(2)</script> \"'><img src=x>"
    for shown in (body(public.get("/search", {"q": hostile})), body(public.get("/search", {"q": "needle"}))):
        assert "<script>" not in shown
        assert "<img" not in shown
        assert "<b " not in shown
    for odd in ("<x>", "\0", "\N{REPLACEMENT CHARACTER}", "%"):
        asked = {"q": f"needle {odd}", "hub": odd, "kind": odd, "cursor": odd}
        assert public.get("/search", asked).status_code == 200
        assert public.post("/search", asked | {"q": odd * 2000}).status_code in {200, 302}


def test_a_query_of_any_length_is_answered(public):
    assert public.post("/search", {"q": "x y " * 200_000}).status_code == 200


def test_searching_costs_the_same_whatever_is_found(public, cast, django_assert_num_queries):
    with django_assert_num_queries(4):
        public.get("/search", {"q": "docker"})
    for n in range(30):
        actions.create_page(cast.lea, "open", f"many/{n}.md", f"# Docker {n}\n\n{AMINA}".encode())
    with django_assert_num_queries(4):
        public.get("/search", {"q": "docker"})
    hubs.update_hub(cast.alice, "open", visibility="private")
    cast.user("gus")
    public.login(username="gus", password=PASSWORD)
    public.get("/search", {"q": "docker"})  # the first request of a session is remembered
    with django_assert_num_queries(4):
        public.get("/search", {"q": "docker"})
