"""Queries are tried out at /graphql, under the policy of every other page: no inline script or style, no evaluation, no
worker, nothing from elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.journeys.conftest import Tab

pytestmark = pytest.mark.slow
_VALUE = "document.querySelector('.result-window .CodeMirror')?.CodeMirror.getValue()"


def answered(page: Any, part: str) -> str:
    """Sends what stands in the box; the answer, once it has `part`."""
    page.keyboard.press("Control+Enter")
    page.wait_for_function(f"part => ({_VALUE} ?? '').includes(part)", arg=part)
    return str(page.evaluate(f"() => {_VALUE}"))


def test_a_query_is_tried_in_the_browser(tab: Callable[..., Tab]) -> None:
    """The first query runs as it stands; the schema is shown and completed from; another query, and a refusal."""
    opened = tab()
    page = opened.open("/graphql")
    page.click(".graphiql-query-editor .CodeMirror")
    assert '"path": "alpha.md"' in answered(page, '"slug": "open"')
    page.click("button[aria-label='Show Documentation Explorer']")
    page.wait_for_selector(".graphiql-doc-explorer >> text=Mutation")
    page.click("button[aria-label='Open settings dialog']")
    page.wait_for_selector("[role=dialog]")
    page.keyboard.press("Escape")
    page.click(".graphiql-query-editor .CodeMirror")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('mutation { createHub(slug: "mine") { errors { code } } }')
    assert '"code": "sign_in_required"' in answered(page, "createHub")
    page.keyboard.press("Control+a")
    page.keyboard.type("{ h")
    page.keyboard.press("Control+Space")
    page.wait_for_selector(".CodeMirror-hint:has-text('hubs')")
    opened.assert_clean()


def test_without_scripts_the_page_says_what_it_is(tab: Callable[..., Tab]) -> None:
    opened = tab(java_script_enabled=False)
    assert "Queries are answered here" in opened.open("/graphql").inner_text("main")
