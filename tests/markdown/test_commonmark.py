"""The CommonMark specification's own examples, from the npm package `commonmark-spec` (installed in `frontend/`).

Twice: the grammar with markdown-it's stock renderer must give the specified HTML to the letter; our own walk over the
same tokens, which adds ids, spans and slots, must give the same elements, attributes and text.
"""

import re
from pathlib import Path

import pytest

from nexus.markdown import grammar

from .elements import elements_of, walked_html

SPEC = Path(__file__).parents[2] / "frontend/node_modules/commonmark-spec/spec.txt"
pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="npm package commonmark-spec is not installed (frontend/)")

# GitHub links bare addresses where CommonMark does not (GFM 0.29, section 6.9).
LINKED_BY_GFM = {608, 611, 612}


def examples() -> list[tuple[int, str, str]]:
    if not SPEC.exists():
        return []
    found = re.findall(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", SPEC.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [(n, text.replace("→", "\t"), html.replace("→", "\t")) for n, (text, html) in enumerate(found, 1)]


EXAMPLES = examples()


def test_all_examples_are_there() -> None:
    assert len(EXAMPLES) == 652


@pytest.mark.parametrize(("number", "text", "html"), EXAMPLES, ids=[str(e[0]) for e in EXAMPLES])
def test_grammar_gives_the_specified_html(number: int, text: str, html: str) -> None:
    # The one difference in white space: markdown-it writes an empty quote on one line.
    rendered = grammar.parser(extensions=False).render(text).replace("<blockquote></b", "<blockquote>\n</b")
    if number in LINKED_BY_GFM:
        assert rendered != html
        assert re.sub(r"</?a[^>]*>", "", rendered) == re.sub(r"</?a[^>]*>", "", html)
    else:
        assert rendered == html


@pytest.mark.parametrize(
    ("number", "text", "html"),
    [e for e in EXAMPLES if e[0] not in LINKED_BY_GFM],
    ids=[str(e[0]) for e in EXAMPLES if e[0] not in LINKED_BY_GFM],
)
def test_our_walk_gives_the_same_elements(number: int, text: str, html: str) -> None:
    tokens = grammar.parser(extensions=False).parse(text.rstrip("\n"))
    if any(t.type == "html_block" or any(c.type == "html_inline" for c in t.children or ()) for t in tokens):
        pytest.skip("raw HTML is rewritten: tests/markdown/test_safety.py")
    assert elements_of(walked_html(text, tokens)) == elements_of(html)
