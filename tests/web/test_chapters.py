"""How a hub, a person and a topic are read: what was found, with its own address, whose, and from where."""

import datetime
import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import PASSWORD, make_hub

from nexus.base import clock
from nexus.hubs import actions as hubs
from nexus.hubs.activity import nudge
from nexus.hubs.models import Hub
from nexus.knowledge.models import Entry
from nexus.pages import actions

ERROR = 'connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused'
LEA = f"""# Lea's log

## Week 2

### Technologies

- **Docker**: images are built in layers, so what changes often is copied last.
- Redis, Celery

### Challenges

- **Problem:** The web container cannot reach the database.

  ```
  psycopg.OperationalError: {ERROR}
  ```

  **Cause:** localhost is the container itself.
  **Solution:** Name the service: `db`.
- **Problem:** Celery <b>hangs</b> at night.

### Best practices

- Order a Docker build so that dependencies come before the code.
"""
LEO = f"""# Leo

## Technologies

- docker

## Challenges

- **Problem:** No connection from my container.

  ```
  OperationalError: {ERROR}
  ```

  **Solution:** Wait for it with a health check.
"""


@pytest.fixture
def public(cast, client: Client) -> Client:
    hub = make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "lea/README.md", LEA.encode(), message="What I learned")
    actions.create_page(cast.leo, "open", "leo.md", LEO.encode())
    actions.create_page(cast.alice, "open", "README.md", b"# Cohort\n\nWe learn back-end work together.\n")
    nudge(hub.pk)
    return client


def body(response) -> str:
    assert response.status_code == 200, response
    return response.content.decode()


def entry_of(kind: str, **wanted) -> Entry:
    return Entry.objects.get(kind=kind, is_present=True, **wanted)


def test_overview_reads_as_a_page(public):
    shown = body(public.get("/open/"))
    assert "We learn back-end work together." in shown
    assert "Stuck right now" in shown
    assert "Celery hangs at night" in shown.replace("&lt;b&gt;", "").replace("&lt;/b&gt;", "")
    assert "Changed this week" in shown
    assert "What I learned" in shown
    assert 'href="/open/people/lea"' in shown
    for chapter in ("Technologies", "Challenges", "Practices"):
        assert re.search(rf'<a href="/open/{chapter.lower()}">{chapter} <span class="count">\d', shown), chapter
    assert "Not here yet" in shown  # nobody wrote concepts
    assert 'id="Drawing"' in shown  # a README's diagrams are drawn here as on its own page
    assert 'href="/open/concepts"' not in shown


def test_chapters_list_topics_and_entries_with_whose_they_are(public):
    technologies = body(public.get("/open/technologies"))
    assert re.search(r'href="/open/topics/docker">Docker</a>\s*<span class="quiet">2 people', technologies)
    challenges = body(public.get("/open/challenges"))
    assert "still stuck" in challenges
    assert "Name the service" in challenges
    assert 'href="/open/people/leo">Leo</a>' in challenges
    assert "week 2" in challenges
    assert "Name the service" not in body(public.get("/open/challenges?only=stuck"))
    assert "hangs" not in body(public.get("/open/challenges?only=solved"))
    assert "Order a Docker build so" in body(public.get("/open/practices"))
    assert "Nothing of this kind was found yet." in body(public.get("/open/concepts"))


def test_an_entry_has_its_own_address_and_shows_its_passage_and_why(public):
    found = entry_of("challenge", cause__isnull=False)
    shown = body(public.get(f"/open/challenges/{found.pk}", follow=True))
    assert "localhost is the container itself" in shown
    assert "<mark>" in shown
    assert "Taken for a challenge because the text labels it" in shown
    assert "The same error elsewhere" in shown
    assert "No connection from my container" in shown
    assert f'href="/open/pages/lea/README.md#{quote(found.anchor, safe="")}"' in shown
    assert f'id="{found.anchor}"' in body(public.get("/open/pages/lea/README.md"))
    assert public.get(f"/open/challenges/{found.pk}-other-words").status_code == 302
    assert public.get(f"/open/practices/{found.pk}").headers["Location"].startswith("/open/challenges/")
    stuck = entry_of("challenge", solution__isnull=True)
    shown = body(public.get(f"/open/challenges/{stuck.pk}", follow=True))
    assert "No solution is written down yet." in shown
    assert "<b>hangs" not in shown


def test_a_place_in_a_page_leads_to_what_was_found_there(public):
    found = entry_of("practice")
    response = public.get(f"/open/found/practice/{found.start}/lea/README.md")
    assert response.headers["Location"].startswith(f"/open/practices/{found.pk}-")
    assert public.get("/open/found/practice/1/lea/README.md").status_code == 404


@pytest.mark.parametrize("address", ["/topics/docker", "/open/topics/docker"])
def test_a_topic_gathers_what_everybody_wrote_about_it(public, address):
    shown = body(public.get(address))
    assert "2 people write about it." in shown
    assert "1 person lists it" in shown
    assert shown.index("What it is") < shown.index("images are built in layers") < shown.index("Who writes about it")
    assert "Order a Docker build so" in shown
    assert ">Leo</a>" in shown


def test_a_topic_nobody_may_read_about_does_not_exist(cast, public):
    assert public.get("/topics/kubernetes").status_code == 404
    hubs.update_hub(cast.alice, "open", visibility="private")
    assert public.get("/topics/docker").status_code == 404
    assert public.get("/people/lea").status_code == 404


def test_a_person_has_chapters_pages_and_weeks(public):
    shown = body(public.get("/open/people/lea"))
    assert "Name the service" in shown
    assert 'href="/open/pages/lea/README.md"' in shown
    assert 'href="/open/people/lea?week=2"' in shown
    assert 'href="/open/people/lea/challenges"' in shown
    week = body(public.get("/open/people/lea?week=2"))
    assert "The web container cannot reach the database." in week
    assert "Nothing was found" in body(public.get("/open/people/lea?week=5"))
    assert "leo" not in body(public.get("/open/people/lea/challenges")).lower()
    assert "Open" in body(public.get("/people/lea"))
    assert public.get("/people/alice").status_code == 200  # wrote, though nothing was found in it
    assert public.get("/people/gus").status_code == 404  # a member who wrote nothing
    assert "Lea" in body(public.get("/open/people"))


NOBODYS = "00000000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "address",
    [
        "/open/challenges?after=x",
        f"/open/challenges?after={NOBODYS}",
        f"/open/challenges/{NOBODYS}",
        "/open/people/lea/nothing",
        "/open/nothing",
        "/people/lea?week=3",
    ],
)
def test_what_is_not_there_is_not_found(public, address):
    assert public.get(address).status_code == 404


def test_start_asks_and_answers_without_an_account(public):
    shown = body(public.get("/"))
    assert "Paste an error, or name a topic" in shown
    for words in ("Stuck right now", "Changed this week", "People", 'href="/chapters/challenges"', "Cohort"):
        assert words in shown or words == "Cohort", words
    assert "Name the service" in body(public.get("/chapters/challenges?only=solved"))


def test_long_chapters_are_read_in_steps(cast, public):
    text = "## Best practices\n\n" + "".join(f"- Practice number {n:03} is a good one\n" for n in range(120))
    nudge(actions.create_page(cast.lea, "open", "many.md", text.encode()).hub_id)
    seen: list[str] = []
    address = "/open/practices"
    for _ in range(5):
        shown = body(public.get(address))
        seen += re.findall(r"Practice number \d+", shown)
        following = re.search(r'rel="next" href="(\?after=[^"]+)"', shown)
        if not following:
            break
        address = f"/open/practices{following[1]}"
    assert len(seen) == len(set(seen)) == 120


# --- What it costs ---------------------------------------------------------------------------------------------------

COSTS = {
    "/": 12,
    "/open/": 14,
    "/open/challenges": 4,
    "/open/technologies": 4,
    "/open/topics": 4,
    "/open/topics/docker": 9,
    "/topics/docker": 6,
    "/open/people": 8,
    "/open/people/lea": 15,
    "/people/lea": 14,
}


def costs(client: Client) -> dict[str, int]:
    """How many statements each address takes."""
    counted = {}
    for address in COSTS:
        with CaptureQueriesContext(connection) as statements:
            body(client.get(address))
        counted[address] = len(statements)
    return counted


def test_the_cost_is_the_same_whatever_the_hub_holds(cast, public):
    assert costs(public) == COSTS
    for n in range(30):
        text = LEA.replace("Docker", f"Docker {n}").encode()
        actions.create_page(cast.lea if n % 2 else cast.leo, "open", f"more/{n}.md", text)
    nudge(Hub.objects.get(slug="open").pk)
    assert costs(public) == COSTS


def test_an_entry_costs_the_same_too(public, django_assert_num_queries):
    found = entry_of("challenge", cause__isnull=False)
    address = public.get(f"/open/challenges/{found.pk}").headers["Location"]
    with django_assert_num_queries(5):
        body(public.get(address))


# --- Search engines ----------------------------------------------------------------------------------------------------


def test_only_public_hubs_are_in_the_sitemap_and_may_be_indexed(cast, public, client):
    make_hub(cast, "inside", "internal")
    actions.create_page(cast.lea, "inside", "secret.md", b"# Secret\n")
    client.login(username=cast.user("lea").username, password=PASSWORD)
    sitemap = body(client.get("/sitemap.xml"))
    assert "<loc>http://testserver/open/pages/lea/README.md</loc>" in sitemap
    assert "inside" not in sitemap
    assert "sitemap.xml" in body(client.get("/robots.txt"))
    assert "noindex" in body(client.get("/inside/"))
    assert "noindex" in body(client.get("/inside/people/lea"))
    assert "noindex" not in body(client.get("/open/"))


def test_what_changed_long_ago_is_not_called_this_week(public, monkeypatch):
    later = clock.now() + datetime.timedelta(days=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    shown = body(public.get("/open/"))
    assert "Changed this week" not in shown
    assert "Latest changes" in shown
