"""The HTML a text brings itself, rewritten tag by tag into a form without surprises.

Nothing of it reaches the page as written. Tags are read by a linear scan and written anew: known harmless names only,
with quoted and escaped attributes of a short list, ids prefixed, addresses replaced by slots, and never more of them
open at once than the sanitiser can take (it is quadratic in nesting, and formatting tags left open multiply). Names
HTML does not know, like `<username>`, stay visible as text; elements that run or load something are left out.

The sanitiser that follows is the second lock on the same door.
"""

import re
from collections.abc import Callable
from html import escape, unescape

from nexus.markdown.document import USER_ANCHOR_PREFIX, safe_href

MAX_OPEN = 40
"""Raw elements open at once. Deeper ones are left out, their text stays."""
MAX_OPEN_FORMATTING = 6
MAX_TAGS = 20_000
"""Raw tags in one document. Later ones are left out, their text stays."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FORMATTING = _names(
    "a b bdi bdo big cite code del dfn em i ins kbd mark q s samp small span strike strong sub sup tt u var"
)
VOID = frozenset({"br", "hr", "img", "wbr"})
BLOCKS = _names(
    "blockquote caption col colgroup dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 li ol p pre summary "
    "table tbody td tfoot th thead tr ul"
)
ALLOWED = FORMATTING | VOID | BLOCKS | {"abbr", "time", "ruby", "rp", "rt"}
_RENAMED = {"center": "div", "section": "div", "article": "div", "header": "div", "footer": "div", "main": "div"}
# Known to HTML (or SVG, MathML) and left out without a trace; all other unknown names are somebody's text.
_LEFT_OUT = _names(
    "acronym address animate applet area aside audio base basefont bgsound blink body button canvas circle command "
    "content data datalist dialog dir element embed fieldset font foreignobject form frame frameset g head hgroup "
    "html iframe image input isindex keygen label legend line link listing map marquee math menu menuitem meta "
    "meter multicol nav nobr noembed noframes noscript object optgroup option output param path picture plaintext "
    "polygon portal progress rect script select set shadow slot source spacer style svg template text textarea "
    "title track use video xmp"
)
# Their content is no text for people.
_WITH_CONTENT = frozenset(
    {"script", "style", "template", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"}
)
_SCOPES = frozenset({"table", "td", "th", "caption"})
_TABLE_PARTS = frozenset({"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup"})
_NEVER_IN_ITSELF = frozenset({"p", "li", "dt", "dd", "td", "th", "tr", "a", "h1", "h2", "h3", "h4", "h5", "h6"})

_GLOBAL_ATTRIBUTES = frozenset({"title", "dir", "lang"})
_ATTRIBUTES = {
    "a": frozenset({"href"}),
    "img": frozenset({"src", "alt", "width", "height", "align"}),
    "td": frozenset({"colspan", "rowspan", "align"}),
    "th": frozenset({"colspan", "rowspan", "align", "scope"}),
    "ol": frozenset({"start", "type", "reversed"}),
    "details": frozenset({"open"}),
    "time": frozenset({"datetime"}),
    **{name: frozenset({"align"}) for name in ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr")},
}
ATTRIBUTES = {name: _ATTRIBUTES.get(name, frozenset()) | _GLOBAL_ATTRIBUTES for name in ALLOWED}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[:_.\-][A-Za-z0-9]+)*")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+([^\s/>="'<`\x00]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'=<>`]++)))?+""",
)
_TAG_END = re.compile(r"[\s/]*+>")
_NUMBER = re.compile(r"\d{1,5}%?")

AddSlot = Callable[[str, str, str, int], str]
"""`(kind, target, text, position in the content) -> what to write as the address`."""


class RawHtml:
    """Rewrites the raw HTML of one document, piece by piece in the order the pieces stand in the text."""

    def __init__(self, add_slot: AddSlot) -> None:
        self._add_slot = add_slot
        self._open: list[str] = []
        self._tags = 0
        self._skipping = ""
        self.ids: list[str] = []
        self.was_cut = False

    def piece(self, content: str) -> tuple[str, str]:
        """One piece of raw HTML as (safe HTML, plain text). May leave elements open for a later piece to close."""
        out: list[str] = []
        plain: list[str] = []
        position, end = 0, len(content)
        while position < end:
            bracket = content.find("<", position)
            text = content[position:] if bracket < 0 else content[position:bracket]
            if text and not self._skipping:
                plain.append(unescape(text))
                # Entities the author wrote stay what they were.
                out.append(escape(plain[-1], quote=False))
            if bracket < 0:
                break
            position = self._markup(content, bracket, out, plain)
        self._skipping = ""
        return "".join(out), "".join(plain)

    def close_formatting(self) -> str:
        """Closes formatting elements still open, which may not run on into the next block."""
        out = ""
        while self._open and self._open[-1] in FORMATTING:
            out += f"</{self._open.pop()}>"
        return out

    def _markup(self, content: str, at: int, out: list[str], plain: list[str]) -> int:
        """Handles what begins with the `<` at `at`; returns where to go on."""
        for opener, closer in (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")):
            if content.startswith(opener, at):
                end = content.find(closer, at + len(opener))
                return len(content) if end < 0 else end + len(closer)
        closing = content.startswith("</", at)
        name_match = _NAME.match(content, at + 1 + closing)
        if name_match is None:
            return self._as_text("<", at + 1, out, plain)
        written = name_match[0].lower()
        attributes, end = _attributes(content, name_match.end())
        if end < 0:
            return self._as_text("<", at + 1, out, plain)
        if self._skipping:
            if closing and written == self._skipping:
                self._skipping = ""
            return end
        if written in _WITH_CONTENT:
            self._skipping = "" if closing else written
            return end
        name = _RENAMED.get(written, written)
        if name not in ALLOWED:
            if written in _LEFT_OUT:
                return end
            return self._as_text(content[at:end], end, out, plain)
        self._tags += 1
        if closing:
            out.append(self._close(name))
        else:
            out.append(self._start(name, attributes, at, centered=written == "center"))
            if name == "br":
                plain.append("\n")
        return end

    def _as_text(self, text: str, end: int, out: list[str], plain: list[str]) -> int:
        if not self._skipping:
            plain.append(text)
            out.append(escape(text, quote=False))
        return end

    def _start(self, name: str, attributes: dict[str, str], at: int, *, centered: bool) -> str:
        if self._open and name == self._open[-1] and name in _NEVER_IN_ITSELF:
            self._open.pop()
        if self._tags > MAX_TAGS or (name not in VOID and not self._may_open(name)):
            self.was_cut = True
            return ""
        if name not in VOID:
            self._open.append(name)
        html = f"<{name}"
        identifier = attributes.get("id") or (attributes.get("name") if name == "a" else None)
        if identifier and not any(c.isspace() for c in identifier):
            self.ids.append(identifier)
            html += f' id="{escape(USER_ANCHOR_PREFIX + identifier)}"'
        if centered:
            html += ' align="center"'
        for key, value in attributes.items():
            html += self._attribute(name, key, value, attributes, at)
        return html + ">"

    def _may_open(self, name: str) -> bool:
        if len(self._open) >= MAX_OPEN:
            return False
        return name not in FORMATTING or sum(item in FORMATTING for item in self._open) < MAX_OPEN_FORMATTING

    def _attribute(self, name: str, key: str, value: str, attributes: dict[str, str], at: int) -> str:
        if key not in ATTRIBUTES[name]:
            return ""
        if key in {"href", "src"} and safe_href(value) is None:
            return ""
        if key == "href":
            return f' href="{self._add_slot("link", value, "", at)}"'
        if key == "src":
            return f' src="{self._add_slot("image", value, attributes.get("alt", ""), at)}"'
        if key in {"width", "height", "colspan", "rowspan", "start"} and not _NUMBER.fullmatch(value):
            return ""
        return f' {key}="{escape(value)}"'

    def _close(self, name: str) -> str:
        if name in VOID:
            return "<br>" if name == "br" else ""
        stack = self._open
        for depth in range(len(stack) - 1, -1, -1):
            if stack[depth] == name:
                # The adoption agency: a formatting element ends alone, the blocks opened in it stay open.
                if name in FORMATTING:
                    del stack[depth]
                else:
                    del stack[depth:]
                return f"</{name}>"
            if stack[depth] in _SCOPES and name not in _TABLE_PARTS:
                break
        return ""


def _attributes(content: str, position: int) -> tuple[dict[str, str], int]:
    """The attributes from `position` on and where the tag ends, or -1 when it does not."""
    found: dict[str, str] = {}
    while (end := _TAG_END.match(content, position)) is None:
        match = _ATTRIBUTE.match(content, position)
        if match is None or len(found) >= 40:
            return found, -1
        value = next((group for group in match.groups()[1:] if group is not None), "")
        found.setdefault(match[1].lower(), unescape(value))
        position = match.end()
    return found, end.end()
