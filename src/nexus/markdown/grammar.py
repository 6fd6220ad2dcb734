"""The Markdown grammar: CommonMark, GitHub's extensions, and what note takers bring along.

`parser(...)` gives a ready, reused markdown-it parser. Two things differ from a stock one, both for speed and both
covered by the specification's own examples: inline rules are looked up by the character they begin with, instead of
asking each of them at every character; and link rules note where in the block they matched (`token.meta["at"]`).
"""

import re
from collections.abc import Callable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import (
    StateInline,
    autolink,
    backtick,
    emphasis,
    entity,
    escape,
    html_inline,
    image,
    link,
    newline,
    strikethrough,
)
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

from nexus.markdown import block_rules, inline_rules
from nexus.markdown.document import safe_href

GRAMMAR_VERSION = 4
"""Raise it with every change of what `parse` returns for some text."""

MAX_NESTING = 60
"""Blocks within blocks. What lies deeper is left out of the HTML, with a warning."""

MAX_LINK_NESTING = 8
"""Brackets within brackets in which a link is looked for; every level costs another look at the text inside."""

InlineRule = Callable[[StateInline, bool], bool]


@cache
def parser(*, extensions: bool = True, www: bool = False) -> MarkdownIt:
    """A parser; never change it. `extensions` off: CommonMark and GFM's tables, strikethrough and autolinks alone.

    `www` also looks for bare `www.` addresses, which costs a look at every `w`: ask for it when the text has one.
    """
    md = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING, "strikethrough_single_tilde": True})
    md.enable(["table", "strikethrough"])
    if extensions:
        footnote_plugin(md, inline=False)
        md.block.ruler.at("footnote_def", block_rules.footnote, {"alt": ["paragraph", "reference"]})
        md.block.ruler.before("fence", "math_block", block_rules.math, {"alt": ["paragraph", "blockquote", "list"]})
        md.normalizeLink = _as_written  # type: ignore[method-assign]  # how markdown-it-py is told
        md.validateLink = _is_safe  # type: ignore[method-assign]  # how markdown-it-py is told
    md.inline.ruler.enableOnly(["text"])
    md.inline.ruler.push("by_character", _by_character(_inline_rules(extensions=extensions)))
    if www:
        md.inline.terminator_re = re.compile(md.inline.terminator_re.pattern + "|(?<![A-Za-z0-9])www(?=[.])")
    return md


def _inline_rules(*, extensions: bool) -> dict[str, tuple[InlineRule, ...]]:
    brackets: tuple[InlineRule, ...] = (_bounded(_placed(link, "link_open"), "["),)
    marks: tuple[InlineRule, ...] = (_bounded(_placed(image, "image"), "!["),)
    rules: dict[str, tuple[InlineRule, ...]] = {
        "\n": (newline,),
        "\\": (escape,),
        "`": (backtick,),
        "~": (strikethrough.tokenize,),
        "*": (emphasis.tokenize,),
        "_": (emphasis.tokenize,),
        "<": (_placed(autolink, "link_open"), _placed(html_inline, "html_inline")),
        "&": (entity,),
        ":": (inline_rules.bare_url,),
        "@": (inline_rules.bare_mail,),
        "w": (inline_rules.bare_www,),
    }
    if extensions:
        brackets = (footnote_ref, inline_rules.wikilink, *brackets)
        marks = (inline_rules.embed, *marks)
        rules["$"] = (inline_rules.math,)
    return rules | {"[": brackets, "!": marks}


def _by_character(rules: dict[str, tuple[InlineRule, ...]]) -> InlineRule:
    none: tuple[InlineRule, ...] = ()
    find = rules.get

    def by_character(state: StateInline, silent: bool) -> bool:
        for rule in find(state.src[state.pos], none):  # noqa: SIM110 - a loop is the quickest here
            if rule(state, silent):
                return True
        return False

    return by_character


def _bounded(rule: InlineRule, opener: str) -> InlineRule:
    """Stops looking ahead at `MAX_LINK_NESTING` as markdown-it itself does at its `maxNesting`: by giving up on the
    rest of the block, which also ends the looks ahead that led here and so keeps runs of brackets linear."""

    def bounded(state: StateInline, silent: bool) -> bool:
        if silent and state.level > MAX_LINK_NESTING and state.src.startswith(opener, state.pos):
            state.pos = state.posMax
            return True
        return rule(state, silent)

    return bounded


def _placed(rule: InlineRule, kind: str) -> InlineRule:
    def placed(state: StateInline, silent: bool) -> bool:
        if silent:
            return rule(state, True)
        start, before = state.pos, len(state.tokens)
        if not rule(state, False):
            return False
        for token in state.tokens[before : before + 2]:
            if token.type == kind:
                token.meta = {"at": (start, state.pos)}
                break
        return True

    return placed


def _as_written(url: str) -> str:
    return url


def _is_safe(url: str) -> bool:
    return safe_href(url) is not None
