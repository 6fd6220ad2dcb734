"""A hub's changes as a feed."""

import xml.etree.ElementTree as ET

import pytest
from tests.conftest import PASSWORD, make_hub

from nexus.pages import actions

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def entries(client, path="/open/changes.atom"):
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    return ET.fromstring(response.content).findall("a:entry", ATOM)


@pytest.fixture
def public(cast):
    make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "a & b.md", b"# A", message="<first>")
    return cast


def test_it_tells_each_change_once_with_an_id_that_stays(client, public):
    (first,) = entries(client)
    assert [first.findtext(f"a:{tag}", namespaces=ATOM) for tag in ("title", "summary", "author/a:name")] == [
        "a & b.md", "<first>", "Lea",
    ]  # fmt: skip
    assert first.find("a:link", ATOM).get("href").startswith("http://testserver/open/changes/")
    made = actions.create_page(public.lea, "open", "c.md", b"# C")
    actions.revert_change(public.mona, "open", made.seq)
    titles = [each.findtext("a:title", namespaces=ATOM) for each in entries(client)]
    assert titles == [f"Took back change {made.seq}", "c.md", "a & b.md"]
    assert entries(client)[2].findtext("a:id", namespaces=ATOM) == first.findtext("a:id", namespaces=ATOM)
    assert 'type="application/atom+xml"' in client.get("/open/").content.decode()


def test_only_for_readers(client, cast):
    make_hub(cast, "closed", "private")
    assert client.get("/closed/changes.atom").status_code == 404
    client.login(username="gus", password=PASSWORD)
    response = client.get("/closed/changes.atom")
    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")


@pytest.mark.parametrize("items", [1, 30])
def test_it_costs_the_same(client, public, django_assert_num_queries, items):
    for n in range(items):
        actions.create_page(public.lea, "open", f"{n}.md", b"x")
    with django_assert_num_queries(2):
        entries(client)
