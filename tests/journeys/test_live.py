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
    assert re.search(r"/ws/hubs/open\?after=\d+(?:&page=[0-9a-f-]{36})?$", connecting.value.url)


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


def test_an_open_editor_says_that_somebody_saved_and_keeps_what_is_typed(
    lively: Stage, tab: Callable[..., Tab]
) -> None:
    opened = tab()
    page = opened.page
    sign_in(opened, lively, "alice")
    lively.do("page", "open", "written.md", "# Written\n\none\n\ntwo\n\nthree\n")
    linked(page, opened, "/open/edit/written.md")
    editor = page.locator(".code-editor .cm-content")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("mine")
    lively.do("page", "open", "other.md", "# Not this one either\n")
    lively.do("page", "open", "written.md", "# Written\n\nONE\n\ntwo\n\nthree\n")
    notice = page.locator(".live")
    notice.wait_for()
    assert "Operator saved a new version while you write." in notice.inner_text()
    assert violations(page) == []
    with page.context.expect_page() as beside:
        notice.get_by_role("link", name="Show the difference").click()
    difference = beside.value
    difference.locator(".difference .added", has_text="ONE").wait_for()
    difference.close()
    assert editor.inner_text().endswith("mine"), "what is typed is left alone"
    page.locator("button[name=save]").click()
    page.get_by_text("Saved, together with what others wrote meanwhile.").wait_for()
    shown = page.locator("article.text").inner_text()
    assert "ONE" in shown
    assert "mine" in shown
    opened.assert_clean()


def sign_in(opened: Tab, stage: Stage, name: str) -> None:
    stage.do("user", name)
    cookie = {"name": "nexus_session", "value": stage.do("session", name), "url": opened.origin}
    opened.page.context.add_cookies([cookie])


def test_a_page_says_who_reads_it_too(lively: Stage, tab: Callable[..., Tab]) -> None:
    ada, kofi, nobody = tab(), tab(viewport={"width": 360, "height": 720}), tab()
    sign_in(ada, lively, "ada")
    sign_in(kofi, lively, "kofi")
    for opened in (ada, nobody):
        linked(opened.page, opened, "/open/pages/notes.md")
    assert ada.page.locator(".here").count() == 0
    linked(kofi.page, kofi, "/open/pages/notes.md")
    ada.page.get_by_text("kofi is reading this too.").wait_for()
    kofi.page.get_by_text("ada is reading this too.").wait_for()
    for opened in (ada, kofi):
        assert violations(opened.page) == []
        width = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert opened.page.evaluate(width) == 0
    assert nobody.page.locator(".here").count() == 0
    third = tab()
    sign_in(third, lively, "mia")
    linked(third.page, third, "/open/pages/notes.md")
    third.page.get_by_text("ada and kofi are reading this too.").wait_for()
    kofi.page.goto("about:blank")
    third.page.get_by_text("ada is reading this too.").wait_for()
    third.page.goto(f"{third.origin}/open/pages/other.md")
    ada.page.locator(".here").wait_for(state="detached")
    for opened in (ada, third, nobody):
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
