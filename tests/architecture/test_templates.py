"""Every string of the web face goes through gettext (docs/architecture.md)."""

import re
from pathlib import Path

import pytest
from tests.architecture.source import PACKAGE

TEMPLATES = sorted((PACKAGE / "web" / "templates").rglob("*.html"))
#: Translated as a whole, told by Django, or no words: what is taken out before looking for words.
_TRANSLATED = re.compile(r"\{%\s*blocktranslate.*?endblocktranslate\s*%\}", re.DOTALL)
_CODE = re.compile(r"<(code|kbd|script|style|svg)\b.*?</\1>", re.DOTALL)
_COMMENT = re.compile(r"\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}|<!--.*?-->", re.DOTALL)
_TEMPLATE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_SPOKEN = re.compile(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
#: Names are not translated; a date format is Django's; a doctype is HTML's.
_NAMES = re.compile(r"\b(?:Nexus|README|UTC|https)\b|&\w+;")


def words_of(text: str) -> list[str]:
    """What a reader would see or hear of a template in the language it was written in."""
    for pattern in (_COMMENT, _TRANSLATED, _CODE, _TEMPLATE):
        text = pattern.sub(" ", text)
    said = [*_SPOKEN.findall(text), *_TAG.sub("\n", text).split("\n")]
    return [line.strip() for line in said if re.search(r"[^\W\d_]{2,}", _NAMES.sub("", line))]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_template_says_nothing_by_itself(path: Path) -> None:
    assert words_of(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_when_something_happened_is_said_in_one_way(path: Path) -> None:
    """By `{% moment %}`: whoever formats a date by hand says UTC to somebody who lives elsewhere."""
    assert re.findall(r"<time\b|\|(?:date|time|timesince|naturaltime|localtime)\b", path.read_text()) == []


@pytest.mark.parametrize(
    "text", ["<p>Words</p>", '<a title="Words">x</a>', "{% if x %}Words{% endif %}", "a {{ b }} words"]
)
def test_the_test_sees_words(text: str) -> None:
    assert words_of(text)


@pytest.mark.parametrize(
    "text",
    [
        '{% translate "Words" %}',
        "{% blocktranslate %}Words {{ n }}{% endblocktranslate %}",
        "<code>nexus</code> · Nexus",
    ],
)
def test_the_test_lets_what_is_translated_pass(text: str) -> None:
    assert words_of(text) == []
