"""Reading in a real browser: what scripts add, by keyboard and by pointer, and what is there without them."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from .axe import violations
from .conftest import NOTES, Tab

pytestmark = pytest.mark.services

type Opens = Callable[..., Tab]

PAGE = "/open/pages/alpha.md"
LONG = "/open/pages/long.md"
DRAWN = "/open/pages/beta.md"
#: Bytes over the wire, heads included, for what one reading page loads (DESIGN §7).
SCRIPT_BUDGET, PAGE_BUDGET = 30_000, 100_000


def focused(page: Any) -> str:
    return str(page.evaluate("() => document.activeElement.id || document.activeElement.textContent.trim()"))


class TestPalette:
    @pytest.mark.parametrize("key", ["Control+k", "Meta+k", "/"])
    def test_keys_open_it_and_escape_closes_it(self, tab: Opens, key: str) -> None:
        opened = tab()
        page = opened.open(PAGE)
        page.keyboard.press(key)
        assert focused(page) == "PaletteBox"
        page.keyboard.type("words")
        page.keyboard.press("Escape")
        assert page.locator("#Palette").is_hidden()
        opened.assert_clean()

    def test_results_are_walked_with_arrows_and_opened_with_enter(self, tab: Opens) -> None:
        opened = tab()
        page = opened.open(PAGE)
        page.keyboard.press("Control+k")
        page.keyboard.type("alph")
        box = page.locator("#PaletteBox")
        page.locator("#PaletteResults [role=option]").nth(1).wait_for()
        assert box.get_attribute("aria-expanded") == "true"
        chosen = page.locator("[role=option][aria-selected=true]")
        assert chosen.text_content() == "alpha"
        page.keyboard.press("ArrowUp")
        assert chosen.text_content() == "alpha-beta"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
        assert "2" in page.locator("#Said").text_content()
        assert violations(page) == []
        page.keyboard.press("Enter")
        page.wait_for_url("**/alpha-beta.md")

    def test_nothing_found_and_a_search_that_fails_are_said(self, tab: Opens) -> None:
        page = tab().open(PAGE)
        page.keyboard.press("/")
        page.keyboard.type("nowhere")
        page.get_by_text("Nothing was found.").first.wait_for()
        assert page.locator("#PaletteBox").get_attribute("aria-expanded") == "false"
        page.locator("#PaletteBox").fill("broken")
        page.locator("#PaletteResults").get_by_text("does not answer").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=broken")

    def test_keys_do_nothing_while_typing_or_when_switched_off(self, tab: Opens) -> None:
        page = tab().open(PAGE)
        page.locator(".seek input").press("/")
        assert page.locator(".seek input").input_value() == "/"
        assert page.locator("#Palette").is_hidden()
        page.locator(".seek input").blur()
        page.keyboard.press("?")
        page.locator("#SingleKeys").uncheck()
        page.keyboard.press("Escape")
        page.reload()
        page.keyboard.press("?")
        page.keyboard.press("/")
        assert page.locator("dialog[open]").count() == 0
        page.keyboard.press("Control+k")
        assert page.locator("#Palette").is_visible()


def test_the_list_of_keys(tab: Opens) -> None:
    opened = tab()
    page = opened.open("/")
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Close").click()
    assert page.locator("#Keys").is_hidden()
    opened.assert_clean()


class TestCopying:
    def test_code_and_markdown_are_copied_as_they_are_and_said_so(self, tab: Opens) -> None:
        opened = tab()
        page = opened.open(PAGE)
        page.get_by_role("button", name="Copy the code").click()
        page.get_by_text("Copied").first.wait_for()
        code = NOTES.partition("```python\n")[2].partition("```")[0]
        assert page.evaluate("() => navigator.clipboard.readText()") == code
        page.get_by_role("button", name="Copy Markdown").click()
        page.wait_for_function("() => document.getElementById('Said').textContent === 'Copied'")
        page.wait_for_function("async text => await navigator.clipboard.readText() === text", arg=NOTES)
        opened.assert_clean()

    def test_the_button_is_reached_and_seen_by_keyboard(self, tab: Opens) -> None:
        page = tab().open(PAGE)
        button = page.get_by_role("button", name="Copy the code")
        button.focus()
        assert button.evaluate("node => getComputedStyle(node).opacity") == "1"

    def test_print(self, tab: Opens) -> None:
        page = tab().open(PAGE)
        page.get_by_role("button", name="Print").click()
        assert page.evaluate("() => window.printed") == 1


@pytest.mark.parametrize(("width", "stop"), [(600, 0), (4000, -1)])
def test_what_scrolls_can_be_scrolled_by_keyboard(tab: Opens, width: int, stop: int) -> None:
    page = tab(viewport={"width": 600, "height": 900}).open(PAGE)
    code = page.locator("pre.code")
    page.wait_for_function("() => document.querySelector('pre.code').tabIndex === 0")
    code.evaluate("(node, width) => { node.parentElement.style.width = `${width}px`; }", width)
    page.wait_for_function("stop => document.querySelector('pre.code').tabIndex === stop", arg=stop)


class TestOutline:
    CURRENT = "nav.outline [aria-current=location]"

    def test_it_follows_to_the_end(self, tab: Opens) -> None:
        opened = tab()
        page = opened.open(LONG)
        page.locator(self.CURRENT).wait_for()
        assert page.locator(self.CURRENT).text_content() == "Ada's notes"
        page.locator("#section-20").scroll_into_view_if_needed()
        page.evaluate("() => document.getElementById('section-20').scrollIntoView()")
        page.locator(self.CURRENT, has_text="Section 20").wait_for()
        page.keyboard.press("End")
        page.locator(self.CURRENT, has_text="Section 40").wait_for()
        assert page.locator(self.CURRENT).count() == 1
        opened.assert_clean()

    @pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "instant"), ("no-preference", "smooth")])
    def test_it_moves_as_the_reader_wants(self, tab: Opens, motion: str, behaviour: str) -> None:
        page = tab(reduced_motion=motion).open(LONG)
        page.keyboard.press("End")
        page.locator(self.CURRENT, has_text="Section 40").wait_for()
        page.wait_for_function("() => window.scrolled.length > 0")
        assert set(page.evaluate("() => window.scrolled")) == {behaviour}


class TestFound:
    def test_a_find_leads_to_its_passage_and_back(self, tab: Opens) -> None:
        opened = tab()
        page = opened.open(LONG)
        link = page.locator(".found a", has_text="CORS refused the preflight")
        link.focus()
        page.keyboard.press("Enter")
        row = page.locator("tr.passage")
        row.wait_for()
        assert "CORS refused" in row.text_content()
        assert page.evaluate("() => document.activeElement.tagName") == "TR"
        page.get_by_role("button", name="Back to what was found").click()
        assert focused(page) == "CORS refused the preflight"
        assert page.locator(".passage").count() == 0
        link.click()
        row.wait_for()
        page.keyboard.press("Escape")
        assert focused(page) == "CORS refused the preflight"
        opened.assert_clean()

    def test_an_address_with_a_passage_marks_it(self, tab: Opens) -> None:
        page = tab().open(PAGE)
        address = page.locator(".found a", has_text="Redis").get_attribute("href")
        page = tab().open(PAGE + address)
        assert "Redis" in page.locator("li.passage").text_content()

    def test_without_scripts_the_anchor_leads_there(self, tab: Opens) -> None:
        page = tab(java_script_enabled=False).open(PAGE)
        page.locator(".found a", has_text="Slow list pages").click()
        assert "Slow list pages" in page.locator("tr:target").text_content()
        assert page.locator(".back").count() == 0


class TestDrawings:
    def test_diagrams_and_formulas_are_drawn_and_failures_are_told(self, tab: Opens) -> None:
        opened = tab()
        page = opened.open(DRAWN)
        picture = page.get_by_role("img", name="How a page is asked for")
        picture.wait_for()
        assert picture.evaluate("node => node.decode().then(() => node.naturalWidth)") > 100
        assert page.locator("figure.drawing pre.mermaid").text_content().startswith("flowchart LR")
        page.locator("p.undrawn").wait_for()
        assert page.locator("pre.mermaid", has_text="this is no diagram").is_visible()
        assert page.locator("math").count() == 2
        assert page.locator(".math.undrawn").text_content() == "\\frac{1"
        assert violations(page) == []
        opened.assert_clean()

    def test_the_other_scheme_is_drawn_anew(self, tab: Opens) -> None:
        page = tab(color_scheme="light").open(DRAWN)
        picture = page.locator("figure.drawing img")
        picture.wait_for()
        light = picture.get_attribute("src")
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("was => document.querySelector('figure.drawing img').src !== was", arg=light)

    def test_without_scripts_their_source_is_read(self, tab: Opens) -> None:
        page = tab(java_script_enabled=False).open(DRAWN)
        assert page.locator("pre.mermaid").first.is_visible()
        assert "e^{i\\pi}" in page.locator(".math").first.text_content()

    def test_a_page_without_drawings_loads_nothing_for_them(self, tab: Opens) -> None:
        opened = tab()
        asked: list[str] = []
        opened.page.on("request", lambda request: asked.append(request.url))
        opened.open(PAGE)
        opened.page.wait_for_load_state("networkidle")
        assert not [url for url in asked if re.search(r"drawings|sandbox|mermaid|katex", url)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", PAGE, "/open/", "/open/pages/folder", "/account/login/", "/nowhere"])
def test_axe_finds_nothing(tab: Opens, path: str, scheme: str) -> None:
    opened = tab(color_scheme=scheme)
    assert violations(opened.open(path)) == []


def test_axe_finds_what_is_wrong(tab: Opens) -> None:
    """Without this the tests above could not fail."""
    page = tab().open(PAGE)
    page.evaluate("() => document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')")
    assert any(line.startswith("button-name") for line in violations(page))


def test_a_reading_page_is_light(tab: Opens) -> None:
    opened = tab()
    wire = opened.page.context.new_cdp_session(opened.page)
    wire.send("Network.enable")
    urls: dict[str, str] = {}
    sizes: dict[str, float] = {}
    wire.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    wire.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    opened.open(PAGE)
    opened.page.wait_for_load_state("networkidle")
    loaded = {urlsplit(urls[request]).path: size for request, size in sizes.items()}
    script = sum(size for path, size in loaded.items() if path.endswith(".js"))
    assert PAGE in loaded
    assert 10_000 < script <= SCRIPT_BUDGET, json.dumps(loaded, indent=1)
    assert sum(loaded.values()) <= PAGE_BUDGET, json.dumps(loaded, indent=1)
