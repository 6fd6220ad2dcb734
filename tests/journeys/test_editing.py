"""Writing with scripts and without: keys, tools, preview, drafts, pictures, names, and a merge to be finished."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.ops.serving import Served

from .axe import violations
from .conftest import Tab

pytestmark = pytest.mark.services

type Opens = Callable[..., Tab]
#: One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PASTE = """(data) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0))
  const sent = new DataTransfer()
  sent.items.add(new File([bytes], 'plot.png', { type: 'image/png' }))
  const content = document.querySelector('.code-editor').shadowRoot.querySelector('.cm-content')
  content.dispatchEvent(new ClipboardEvent('paste', { clipboardData: sent, bubbles: true, cancelable: true }))
}"""


def signed_in(visit: Opens, who: str = "Amina", **options: Any) -> Tab:
    tab = visit(**options)
    page = tab.open("/account/login/")
    page.locator(".continue-as button", has_text=who).first.click()
    page.wait_for_url(f"{tab.origin}/**")
    return tab


def written(tab: Tab, path: str) -> str:
    answer = tab.page.request.get(f"{tab.origin}/prodev-7/raw/{path}")
    assert answer.ok, answer.status
    return str(answer.text())


def begin(tab: Tab, path: str) -> Any:
    """An empty page at that path; its editor."""
    page = tab.open(f"/prodev-7/edit/{path}")
    page.locator(".cm-content").click()
    return page


def saved(page: Any) -> None:
    page.keyboard.press("Control+s")
    page.locator(".messages", has_text="Saved").wait_for()


def test_a_page_is_written_with_keys_and_saved(visit: Opens) -> None:
    tab = signed_in(visit)
    page = begin(tab, "amina/keys.md")
    page.keyboard.type("# Keys /?e\n\n- one\ntwo\n\nplain ")
    page.keyboard.press("Control+b")
    page.keyboard.type("bold")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.type(" and ")
    page.keyboard.press("Control+k")
    page.keyboard.type("https://example.org")
    saved(page)
    assert written(tab, "amina/keys.md") == "# Keys /?e\n\n- one\n- two\n\nplain **bold** and [](https://example.org)"
    page.keyboard.press("e")  # of a page that is read
    page.wait_for_url("**/edit/amina/keys.md")
    tab.assert_clean()


def test_tables_and_the_slash_menu(visit: Opens) -> None:
    tab = signed_in(visit)
    page = begin(tab, "amina/blocks.md")
    page.keyboard.type("/tab")
    page.locator(".cm-tooltip-autocomplete li", has_text="Table").click()
    page.keyboard.type("A")
    page.keyboard.press("Tab")
    page.keyboard.type("B")
    page.keyboard.press("Tab")
    page.keyboard.type("x")
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.type("y")
    saved(page)
    assert written(tab, "amina/blocks.md") == "| A | B |\n| --- | --- |\n| x |  |\n| y |  |"
    tab.assert_clean()


def test_what_is_written_is_shown_beside_it(visit: Opens) -> None:
    tab = signed_in(visit)
    page = begin(tab, "amina/shown.md")
    page.locator("[data-tool=preview]").click()
    page.locator(".cm-content").click()
    page.keyboard.type("# Shown\n\n[the README](README.md)")
    link = page.locator("#Preview a", has_text="the README")
    link.wait_for()
    assert link.get_attribute("href") == "/prodev-7/pages/amina/README.md"
    assert violations(page) == []
    tab.assert_clean()


def test_a_diagram_and_a_formula_are_drawn_beside_it(visit: Opens) -> None:
    tab = signed_in(visit)
    page = begin(tab, "amina/drawn.md")
    page.locator("[data-tool=preview]").click()
    page.locator(".cm-content").click()
    page.keyboard.insert_text("```mermaid\nflowchart LR\n  a --> b\n```\n\n$x^2$\n")
    page.locator("#Preview figure.drawing img[src^=data]").wait_for()
    page.locator("#Preview math").wait_for()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("More.\n")
    page.locator("#Preview", has_text="More.").wait_for()
    page.locator("#Preview figure.drawing img[src^=data]").wait_for()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.insert_text("no such diagram ")
    page.locator("#Preview .undrawn").wait_for()
    assert violations(page) == []
    tab.assert_clean()


def test_a_draft_is_kept_offered_and_dropped(visit: Opens) -> None:
    tab = signed_in(visit)
    page = begin(tab, "amina/draft.md")
    page.keyboard.type("words of an hour")
    page.wait_for_function("() => Object.values(localStorage).some((kept) => kept.includes('words of an hour'))")
    page = tab.open("/prodev-7/edit/amina/draft.md")
    page.locator(".asks button", has_text="Take it").click()
    assert page.locator(".cm-content").inner_text() == "words of an hour"
    saved(page)
    assert written(tab, "amina/draft.md") == "words of an hour"
    assert page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('nexus.draft'))") == []
    page = tab.open("/prodev-7/edit/amina/draft.md")
    page.locator(".cm-content").wait_for()
    assert page.locator(".asks").count() == 0
    tab.assert_clean()


def test_a_picture_is_pasted(visit: Opens) -> None:
    tab = signed_in(visit)
    page = begin(tab, "amina/picture.md")
    page.keyboard.type("Look: ")
    page.evaluate(PASTE, PNG)
    page.locator(".cm-content", has_text="![plot](plot.png)").wait_for()
    saved(page)
    assert written(tab, "amina/picture.md") == "Look: ![plot](plot.png)"
    assert page.locator("article.text img").get_attribute("src") == "/prodev-7/raw/amina/plot.png"
    tab.assert_clean()


def test_pages_and_topics_are_proposed(visit: Opens) -> None:
    tab = signed_in(visit)
    page = begin(tab, "amina/names.md")
    page.keyboard.type("[[Jenk")
    page.locator(".cm-tooltip-autocomplete li", has_text="Jenkins").first.click()
    assert page.locator(".cm-content").inner_text() == "[[tunde/jenkins.md]]"
    page.keyboard.type("\n\n- Post")
    page.locator(".cm-tooltip-autocomplete li", has_text="PostgreSQL").click()
    assert page.locator(".cm-content").inner_text().endswith("- PostgreSQL")
    tab.assert_clean()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_two_who_change_one_line_both_find_their_words(visit: Opens, scripts: bool) -> None:
    path = f"amina/both-{scripts}.md".lower()
    amina = signed_in(visit, java_script_enabled=scripts)
    start = amina.page.request.get(f"{amina.origin}/prodev-7/edit/{path}").text()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', start)
    assert token

    def sent(text: str, base: str = "") -> None:
        form = {"csrfmiddlewaretoken": token[1], "text": text, "path": path, **({"base": base} if base else {})}
        amina.page.request.post(f"{amina.origin}/prodev-7/edit/{path}", form=form, headers={"Referer": amina.origin})

    sent("# One\n\nfirst\n")
    page = amina.open(f"/prodev-7/edit/{path}")
    base = page.locator("input[name=base]").get_attribute("value")
    sent("# One\n\nby the other\n", base)
    if scripts:
        page.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.type("# One\n\nmine\n")
        page.keyboard.press("Control+s")
    else:
        page.locator("textarea[name=text]").fill("# One\n\nmine\n")
        page.locator("button[name=save]").click()
    page.locator(".trouble").wait_for()
    shown = page.locator("textarea[name=text]").input_value()
    assert "by the other" in shown
    assert "mine" in shown
    assert "<<<<<<<" in shown
    assert page.locator(".sides details").count() == 3
    if scripts:
        assert violations(page) == []
        page.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.type("# One\n\nboth\n")
    else:
        page.locator("textarea[name=text]").fill("# One\n\nboth\n")
    page.locator("button[name=save]").click()
    page.locator(".messages", has_text="Saved").wait_for()
    assert written(amina, path) == "# One\n\nboth\n"


def test_the_forms_are_whole_on_a_telephone_and_in_the_dark(visit: Opens, sampled: Served) -> None:
    tab = signed_in(visit, viewport={"width": 360, "height": 800}, color_scheme="dark", reduced_motion="reduce")
    wrong = {}
    for place in ("edit/amina/README.md", "edit/amina/new.md", "new", "add/challenge", "add/practice", "move/amina",
                  "delete/amina/README.md", "upload/amina", "confirm", "pages/amina/README.md"):  # fmt: skip
        page = tab.open(f"/prodev-7/{place}")
        found = violations(page)
        for width in (320, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
                found.append(f"wider than {width}")
        page.set_viewport_size({"width": 360, "height": 800})
        if found:
            wrong[place] = found
    assert wrong == {}
    tab.assert_clean()
