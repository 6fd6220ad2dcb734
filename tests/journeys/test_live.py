"""An open page hears what happens in its hub, in a real browser."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.live.stage import SETTINGS, Stage

from .axe import violations
from .conftest import Tab, tabs

pytestmark = pytest.mark.services

NOTES = "# Notes\n\nWords of {}.\n"


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    running = Stage(tmp_path_factory.mktemp("lively"), **SETTINGS)
    running.do("hub", "open", "public", {"alice": "owner"})
    running.do("page", "open", "notes.md", NOTES.format("yesterday"))
    running.do("page", "open", "other.md", "# Other\n")
    yield running
    assert running.stop() == 0, running.output
    assert running.process.stderr
    running.process.stderr.close()


@pytest.fixture
def tab(lively: Stage, chromium: Any) -> Iterator[Callable[..., Tab]]:
    yield from tabs(chromium, lively)


def linked(page: Any, opened: Tab, path: str) -> None:
    """Opens a page and waits until it follows its hub."""
    with page.expect_websocket() as connecting:
        opened.open(path)
    assert re.search(r"/ws/hubs/open\?after=\d+$", connecting.value.url)


def test_a_page_says_that_its_text_was_saved_anew(lively: Stage, tab: Callable[..., Tab]) -> None:
    opened = tab()
    page = opened.page
    linked(page, opened, "/open/pages/notes.md")
    lively.do("page", "open", "other.md", "# Not this one\n")
    lively.do("page", "open", "notes.md", NOTES.format("today"))
    notice = page.locator(".live")
    notice.wait_for()
    assert notice.inner_text().strip() == "Operator saved a new version. Show it"
    assert page.locator("#Said").inner_text() == "Operator saved a new version."
    assert page.locator("article.text").inner_text().endswith("Words of yesterday.")
    assert violations(page) == []
    notice.locator("a").click()
    page.get_by_text("Words of today.").wait_for()
    assert page.locator(".live").count() == 0
    opened.assert_clean()


def test_an_overview_has_its_news_asked_for_again(lively: Stage, tab: Callable[..., Tab]) -> None:
    opened = tab()
    page = opened.page
    linked(page, opened, "/open/")
    text = "# Stuck\n\n## Challenges\n\n- **Challenge:** The lift does not move at all.\n"
    lively.do("page", "open", "stuck.md", text)
    page.locator("#News").get_by_text("The lift does not move at all.").first.wait_for()
    assert page.locator("#News").count() == 1
    opened.assert_clean()


def test_a_lost_connection_is_said_and_found_again(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> None:
    first = Stage(tmp_path_factory.mktemp("lost"), **SETTINGS)
    first.do("hub", "open", "public")
    first.do("page", "open", "notes.md", NOTES.format("yesterday"))
    for opened in (tab() for tab in tabs(chromium, first)):
        page = opened.page
        linked(page, opened, "/open/pages/notes.md")
        assert first.stop() == 0
        page.locator(".live.lost").wait_for()
        again = Stage(first.data, "--port", str(first.port), **SETTINGS)
        again.port = first.port
        again.do("page", "open", "notes.md", NOTES.format("today"))
        page.locator(".live:not(.lost)").wait_for(timeout=60_000)
        assert page.locator(".live.lost").count() == 0
        assert again.stop() == 0
        for stage in (first, again):
            assert stage.process.stderr
            stage.process.stderr.close()
        break
