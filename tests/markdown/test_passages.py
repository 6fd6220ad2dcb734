"""Each finding can be walked to: its anchor is in the HTML, once, at the innermost block that holds where it begins."""

import re

import pytest
from hypothesis import given, settings

from nexus.markdown import Target, anchors, parse

from .strategies import MARKDOWN

NOTES = """# Notes

## Key Technologies

- **Docker**: containers
- **Redis**: caching

## Challenges & Solutions

| Challenge | Solution |
| --- | --- |
| Slow list pages | Added an index |
| CORS refused the preflight | Allowed the origin |

### Challenge: the cache was stale

**Solution:** It is cleared after each save.
"""


def landing(text: str, title: str) -> str:
    """The HTML from the element on at which the finding called so stands."""
    document = parse(text)
    entry = next(entry for entry in document.entries if entry.title == title)
    html = document.render(lambda _: Target(None))
    before, _, after = html.partition(f' id="{anchors(document)[entry.start]}"')
    return before[before.rindex("<") :] + after


@pytest.mark.parametrize(
    ("title", "tag", "words"),
    [
        ("Docker", "li", "Docker"),
        ("Redis", "li", "Redis"),
        ("Slow list pages", "tr", "Slow list pages"),
        ("CORS refused the preflight", "tr", "CORS refused"),
    ],
)
def test_a_finding_is_at_its_own_item_or_row(title: str, tag: str, words: str) -> None:
    found = landing(NOTES, title)
    assert found.startswith(f"<{tag}")
    assert words in re.sub(r"<[^>]*>", "", found.partition(">")[2]).strip().partition("\n")[0]


def test_a_heading_keeps_the_anchor_it_has() -> None:
    document = parse(NOTES)
    of_headings = {heading.start: heading.anchor for heading in document.outline}
    entry = next(entry for entry in document.entries if entry.start in of_headings)
    assert anchors(document)[entry.start] == of_headings[entry.start]


def test_a_finding_in_raw_html_leads_to_the_block_before_it() -> None:
    text = "before\n\n<div>\n## Challenges\n\n- **Challenge:** x **Solution:** y\n\n</div>\n"
    assert_reachable(text)
    assert_reachable("<h2>Technologies</h2>\n<ul><li>Docker</li><li>Redis</li></ul>\n")


def assert_reachable(text: str) -> None:
    document = parse(text)
    identifiers = re.findall(r'<[^<>]* id="([^"]*)"', document.render(lambda _: Target(None)))
    places = anchors(document)
    if any(block.kind != "html" for block in document.blocks):
        assert set(places) == {entry.start for entry in document.entries}
    for name in places.values():
        assert identifiers.count(name) == 1, (name, text)


@settings(max_examples=300, deadline=None)
@given(MARKDOWN)
def test_every_anchor_is_there_once(text: str) -> None:
    assert_reachable(f"# Notes\n\n## Technologies\n\n{text}")
    assert_reachable(f"{NOTES}\n{text}")
