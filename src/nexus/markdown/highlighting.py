"""Code with classes for its parts, by Pygments; the colours are in one stylesheet for light and dark."""

import re
from functools import lru_cache
from html import escape
from typing import Any

from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Text, Token, Whitespace, _TokenType
from pygments.util import ClassNotFound

MAX_HIGHLIGHTED = 30_000
"""Characters of one code block that are worth colours; a longer block is shown plain."""
MAX_HIGHLIGHTED_IN_ALL = 120_000
"""Characters of one document that are worth colours."""

_PLAIN = frozenset({"", "text", "plain", "plaintext", "txt", "none", "output", "log"})
# Lexers that guess, run other lexers, or are slow on hostile input are not worth it for a note.
_NOT_USED = frozenset({"guess", "html+php", "mason", "restructuredtext", "rst"})


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    if language in _PLAIN or language in _NOT_USED:
        return None
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=1024)
def _css_class(kind: _TokenType) -> str:
    if kind is Text or kind is Token or Whitespace in (kind, kind.parent):
        return ""
    known: _TokenType | None = kind
    while known is not None:
        if css_class := STANDARD_TYPES.get(known):
            return css_class
        known = known.parent
    return ""


def highlight(code: str, language: str) -> str:
    """The code as escaped HTML, in spans with Pygments' short class names when the language is known. Never raises."""
    lexer = _lexer(language.lower()) if len(code) <= MAX_HIGHLIGHTED else None
    if lexer is None:
        return escape(code, quote=False)
    out: list[str] = []
    run: list[str] = []
    current = ""
    for _, kind, text in lexer.get_tokens_unprocessed(code):
        css_class = _css_class(kind)
        if css_class != current and not (run and text.isspace()):
            if run:
                _flush(out, current, "".join(run))
                run = []
            current = css_class
        run.append(text)
    _flush(out, current, "".join(run))
    return "".join(out)


def _flush(out: list[str], css_class: str, text: str) -> None:
    escaped = escape(text, quote=False)
    out.append(f'<span class="{css_class}">{escaped}</span>' if css_class else escaped)


def stylesheet() -> str:
    """The CSS for highlighted code, light and dark, all of it below `pre.code`."""
    light, dark = _COLOUR.sub(_darker, _rules("default")), _rules("github-dark")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


#: Of one colour: `#` and three or six digits.
_COLOUR = re.compile(r"(?<=color: )#(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})\b")


def _darker(colour: re.Match[str]) -> str:
    """Pygments' light colours are made for white paper; on the tint of a block of code they need this to be read (WCAG 2.2,
    1.4.3: 4.5 to 1)."""
    digits = colour[0][1:]
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    return "#" + "".join(f"{int(digits[at : at + 2], 16) * 23 // 25:02x}" for at in (0, 2, 4))


def _rules(style: str) -> str:
    """One style's rules, without Pygments' own for line numbers and the block itself: those are the page's business."""
    formatter: Any = HtmlFormatter(style=style, nobackground=True)
    css: str = formatter.get_style_defs("pre.code")
    return "\n".join(line for line in css.splitlines() if line.startswith("pre.code .") and "linenos" not in line)
