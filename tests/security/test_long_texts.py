"""One hostile page does not keep others from being read (shared/research/security.md, E8): red once with eight readers of
2 MB of headings, who took every thread for 27 s and 1.7 GB."""

from contextlib import ExitStack

import pytest
from tests.conftest import make_hub

from nexus.pages import actions
from nexus.web import long_texts
from nexus.web.views.pages import BESIDE_LIMIT

pytestmark = pytest.mark.security


@pytest.fixture
def reader(cast, client):
    make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "README.md", b"# Short\n")
    actions.create_page(cast.lea, "open", "long/README.md", b"# Long\n\n" + b"word\n" * 2000)
    return client


@pytest.mark.parametrize("path", ["long/README.md", "long"])
def test_only_few_long_texts_are_shown_at_once_and_short_ones_always(reader, monkeypatch, path):
    monkeypatch.setattr(long_texts, "LONG", 5000)
    with ExitStack() as others:
        for _ in range(long_texts.AT_ONCE):
            others.enter_context(long_texts.turn(5001))
        refused = reader.get(f"/open/pages/{path}")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert reader.get("/open/").status_code == 200
    assert reader.get(f"/open/pages/{path}").status_code == 200


def test_what_stands_beside_a_text_is_bounded(cast, reader):
    text = "".join(f"# Heading {n}\n\n" for n in range(BESIDE_LIMIT + 50)).encode()
    actions.create_page(cast.lea, "open", "headings.md", text)
    shown = reader.get("/open/pages/headings.md").content.decode()
    assert shown.count('href="#heading-') == BESIDE_LIMIT


def test_references_that_are_too_many_are_no_links(cast, reader, monkeypatch):
    monkeypatch.setattr("nexus.pages.links.MAX_REFERENCES", 3)
    actions.create_page(cast.lea, "open", "links.md", b"[a](README.md)\n" * 5)
    shown = reader.get("/open/pages/links.md").content.decode()
    assert shown.count('<a class="missing">a</a>') == 2
