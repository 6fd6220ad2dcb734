"""Inline syntax beyond CommonMark: wikilinks, embeds, bare addresses and math.

Each rule is a markdown-it inline rule, `(state, silent) -> matched`, called only at the character it begins with.
All of them look ahead a bounded number of characters, so that no run of openers costs quadratic time.
"""

import re

from markdown_it.rules_inline import StateInline

_WIKILINK = re.compile(r"\[\[([^\[\]|\n]{1,400})(?:\|([^\[\]\n]{0,400}))?\]\]")
_MATH = re.compile(r"\$(\$?)(?![\s$])((?:[^$\\\n]|\\[^\n]|\n(?![ \t]*\n)){1,1000}?)(?<![\s\\])\$\1(?![\w$])")

# GFM 0.29, section 6.9 "Autolinks (extension)".
_MAY_PRECEDE = frozenset(" \t\n*_~(")
_SCHEME_BEFORE_COLON = re.compile(r"(?<![A-Za-z0-9+.\-])(https?|ftp)$", re.IGNORECASE)
_DOMAIN = r"(?:[^\W_]|-|_){1,63}(?:\.(?:[^\W_]|-|_){1,63}){%d,10}"
_AFTER_SCHEME = re.compile(r"://(" + _DOMAIN % 0 + r")(?::\d{1,5})?(?:[/?#][^\s<]*)?")
_WWW = re.compile(r"www\.(" + _DOMAIN % 0 + r")(?:[/?#][^\s<]*)?")
_MAIL_LOCAL = re.compile(r"[A-Za-z0-9.\-_+]{1,64}$")
_MAIL_DOMAIN = re.compile(r"@[A-Za-z0-9\-_]{1,63}(?:\.[A-Za-z0-9\-_]{1,63}){1,10}")
_MAILTO = re.compile(r":([A-Za-z0-9.\-_+]{1,64}@[A-Za-z0-9\-_]{1,63}(?:\.[A-Za-z0-9\-_]{1,63}){1,10})")
_TRAILING_ENTITY = re.compile(r"&[A-Za-z0-9]{1,32};$")


def wikilink(state: StateInline, silent: bool) -> bool:
    """`[[target]]`, `[[target|text]]`, `[[target#anchor]]`."""
    return _wikilink(state, silent, state.pos, "wikilink")


def embed(state: StateInline, silent: bool) -> bool:
    """`![[target]]`, `![[picture.png|alternative text]]`."""
    if not state.src.startswith("![[", state.pos):
        return False
    return _wikilink(state, silent, state.pos + 1, "embed")


def _wikilink(state: StateInline, silent: bool, at: int, kind: str) -> bool:
    match = _WIKILINK.match(state.src, at, state.posMax)
    if match is None or not match[1].strip():
        return False
    if not silent:
        token = state.push(kind, "", 0)
        token.content = (match[2] or "").strip() or match[1].strip()
        token.attrs = {"href": match[1].strip()}
        token.meta = {"at": (state.pos, match.end())}
    state.pos = match.end()
    return True


def math(state: StateInline, silent: bool) -> bool:
    """`$x$` and `$$x$$`. As on GitHub, space inside the dollars or a word right after them makes it money."""
    if state.pos and state.src[state.pos - 1].isalnum():
        return False
    match = _MATH.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("math_inline", "", 0).content = match[2]
    state.pos = match.end()
    return True


def bare_url(state: StateInline, silent: bool) -> bool:
    """`https://host/path` in running text, recognised at its colon; also `mailto:name@host`."""
    if silent or state.linkLevel > 0:
        return False
    pending = state.pending[-12:]
    if pending[-6:].lower() == "mailto":
        match = _MAILTO.match(state.src, state.pos, state.posMax)
        if match and _free_before(state, 6) and match[1][-1] not in "-_":
            return _push_link(state, 6, match.end(), state.src[state.pos - 6 : match.end()])
        return False
    scheme = _SCHEME_BEFORE_COLON.search(pending) if state.src.startswith("://", state.pos) else None
    if scheme is None or not _free_before(state, len(scheme[1])):
        return False
    match = _AFTER_SCHEME.match(state.src, state.pos, state.posMax)
    if match is None or not _is_domain(match[1]):
        return False
    back = len(scheme[1])
    end = _without_trailing_marks(state.src, match.end(1), match.end())
    return _push_link(state, back, end, state.src[state.pos - back : end])


def bare_www(state: StateInline, silent: bool) -> bool:
    """`www.host/path` in running text."""
    if silent or state.linkLevel > 0 or not _free_before(state, 0):
        return False
    match = _WWW.match(state.src, state.pos, state.posMax)
    if match is None or not _is_domain("www." + match[1]):
        return False
    end = _without_trailing_marks(state.src, match.end(1), match.end())
    return _push_link(state, 0, end, "http://" + state.src[state.pos : end])


def bare_mail(state: StateInline, silent: bool) -> bool:
    """`name@host.example` in running text, recognised at its @."""
    if silent or state.linkLevel > 0:
        return False
    local = _MAIL_LOCAL.search(state.src, max(0, state.pos - 65), state.pos)
    if local is None or not _free_before(state, len(local[0])):
        return False
    match = _MAIL_DOMAIN.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    end = match.end()
    if state.src[end - 1] in "-_" or state.src[end : end + 1] in ("-", "_"):
        return False
    back = len(local[0])
    if not _take_back(state, back - len(state.pending)):
        return False
    return _push_link(state, back, end, "mailto:" + state.src[state.pos - back : end])


def _take_back(state: StateInline, length: int) -> bool:
    """Makes the last `length` characters pending text again, which `_` may have cut into delimiters before."""
    tokens = state.tokens
    text, first = "", len(tokens)
    while len(text) < length and first and tokens[first - 1].type == "text":
        first -= 1
        text = tokens[first].content + text
    if len(text) < length:
        return False
    if length > 0:
        del tokens[first:]
        state.delimiters[:] = [delimiter for delimiter in state.delimiters if delimiter.token < first]
        state.pending = text + state.pending
    return True


def _free_before(state: StateInline, back: int) -> bool:
    before = state.pos - back - 1
    return before < 0 or state.src[before] in _MAY_PRECEDE


def _is_domain(domain: str) -> bool:
    """A valid domain has no underscore in its last two parts."""
    return "_" not in "".join(domain.split(".")[-2:])


def _without_trailing_marks(text: str, least: int, end: int) -> int:
    """GFM "extended autolink path validation": where the address ends that runs up to `end`."""
    closing = text.count(")", least, end) - text.count("(", least, end)
    while end > least:
        last = text[end - 1]
        if last in "?!.,:*_~'\"":
            end -= 1
        elif last == ")" and closing > 0:
            end -= 1
            closing -= 1
        elif last == ";":
            entity = _TRAILING_ENTITY.search(text, max(least, end - 34), end)
            end = entity.start() if entity else end - 1
        else:
            break
    return end


def _push_link(state: StateInline, back: int, end: int, address: str) -> bool:
    start = state.pos - back
    if not state.md.validateLink(address):
        return False
    if back:
        state.pending = state.pending[:-back]
    token = state.push("link_open", "a", 1)
    token.attrs = {"href": state.md.normalizeLink(address)}
    token.markup = token.info = "auto"
    token.meta = {"at": (start, end)}
    state.push("text", "", 0).content = state.src[start:end]
    state.push("link_close", "a", -1).info = "auto"
    state.pos = end
    return True
