"""A stranger's first minute: from the first screen to something that helps, in at most three decisions.

`python -m benchmarks.first_find` plays the same with a slow typist and says how long it took."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Tab

pytestmark = pytest.mark.services

type Opens = Callable[..., Tab]

README = """# What I learned

## Technologies

- **Django**: models, views, migrations
- **Redis**: a cache in front of the slow list

## Challenges

- **Problem:** The list page took nine seconds.
  **Solution:** `select_related`, and a test that counts the queries.
- **Problem:** Celery stops at night.
"""


def by_error(page: Any) -> str:
    """Two decisions: try the traceback that is offered, read the first who met it."""
    page.get_by_role("button", name="Try this traceback").click()
    page.locator(".hits a").first.click()
    return str(page.locator("#main").inner_text())


def by_typed_error(page: Any, delay: float = 0) -> str:
    """Two decisions: type what the terminal says, read the first result."""
    page.get_by_label("Paste an error, or name a topic").press_sequentially(
        "port 5432 failed: Connection refused", delay=delay
    )
    page.get_by_role("button", name="Find who met it").click()
    page.locator(".hits a").first.click()
    return str(page.locator("#main").inner_text())


def by_topic(page: Any, delay: float = 0) -> str:
    """Two decisions: name a topic, open it."""
    page.get_by_label("Paste an error, or name a topic").press_sequentially("compose", delay=delay)
    page.get_by_role("button", name="Find who met it").click()
    page.locator(".hit.topic a").first.click()
    return str(page.locator("#main").inner_text())


def by_own_readme(page: Any) -> str:
    """Two decisions: ask to be shown, hand over a text."""
    page.get_by_role("link", name="Show me what is in it").click()
    page.get_by_label("Paste a README").fill(README)
    page.get_by_role("button", name="Show me").click()
    return str(page.locator("#main").inner_text())


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
class TestFirstFind:
    def test_by_error(self, visit: Opens, scripts: bool) -> None:
        tab = visit(java_script_enabled=scripts)
        said = by_error(tab.open("/"))
        assert "Solution" in said
        assert "Connection refused" in said
        assert "The same error elsewhere" in said

    def test_by_an_error_that_is_typed(self, visit: Opens, scripts: bool) -> None:
        said = by_typed_error(visit(java_script_enabled=scripts).open("/"))
        assert "Solution" in said

    def test_by_topic(self, visit: Opens, scripts: bool) -> None:
        page = visit(java_script_enabled=scripts).open("/")
        said = by_topic(page)
        assert page.locator("h1").inner_text() == "Docker Compose"
        assert "solved" in said

    def test_by_own_readme(self, visit: Opens, scripts: bool) -> None:
        page = visit(java_script_enabled=scripts).open("/")
        said = by_own_readme(page)
        assert "The list page took nine seconds" in said
        assert "still stuck" in said
        assert page.locator("mark").count() >= 4
        page.get_by_role("button", name="Keep it").click()
        page.get_by_role("heading", name="Make an account").wait_for()


def test_keeping_a_readme_makes_an_account_and_a_hub_of_it(visit: Opens) -> None:
    page = visit().open("/")
    by_own_readme(page)
    page.get_by_role("button", name="Keep it").click()
    page.locator("#id_username").fill("newcomer")
    page.locator("#id_email").fill("newcomer@example.org")
    page.locator("#id_password1").fill("a long sentence as password")
    page.locator("#id_password2").fill("a long sentence as password")
    page.locator("#main button[type=submit]").click()
    page.locator("#main form button[type=submit]").first.click()
    page.get_by_role("heading", name="Stuck right now").wait_for()
    assert "Celery stops at night" in page.locator("#main").inner_text()
    page.get_by_role("link", name="Challenges").first.click()
    assert "The list page took nine seconds" in page.locator("#main").inner_text()


def test_reading_from_the_overview_to_a_passage_and_back(visit: Opens) -> None:
    """Hub, person, a challenge, its passage in the page, what else was found there, and its own address again."""
    tab = visit()
    page = tab.open("/prodev-7/")
    page.locator(".people a.by", has_text="Amina").click()
    page.locator(".challenge-title a").first.click()
    title = page.locator("h1").inner_text()
    assert page.locator("mark").inner_text().strip()
    page.get_by_role("link", name="Read it in its page").click()
    passage = page.evaluate("() => decodeURIComponent(location.hash.slice(1))")
    assert page.evaluate("id => document.getElementById(id) !== null", passage)
    page.locator(".found summary", has_text="Challenges").click()
    page.get_by_label(f"All about {title[:60]}").first.click()
    assert page.locator("h1").inner_text() == title
    tab.assert_clean()
