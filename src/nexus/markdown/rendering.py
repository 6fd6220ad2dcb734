"""From the parser's tokens to HTML with placeholders, and in the same walk everything that is counted along the way:
outline, references, tasks, tags, blocks and plain text.

One walk, because most pages are short and most of their cost is in walking.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape, unescape
from typing import Any

from markdown_it.token import Token

from nexus.markdown.anchors import Anchors
from nexus.markdown.document import Block, Heading, Reference, ReferenceKind, Task, is_image_path
from nexus.markdown.grammar import MAX_NESTING
from nexus.markdown.highlighting import MAX_HIGHLIGHTED_IN_ALL, highlight
from nexus.markdown.raw_html import RawHtml
from nexus.markdown.source import CellPlacement, Placement, Source

_HTML_TITLE = re.compile(r"<h1\b[^<>]{0,200}>(.{1,300}?)</h1>", re.IGNORECASE | re.DOTALL)
_ANY_TAG = re.compile(r"<[^<>]{0,300}>")
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_TAG = re.compile(r"(?<![\w#&/])#([^\W\d_][\w/-]{0,63})")
_CALLOUT = re.compile(r"\[!([A-Za-z]{3,12})\][+-]?[ \t]*")
_CALLOUT_KINDS = {
    **{kind: kind for kind in ("note", "tip", "important", "warning", "caution")},
    **dict.fromkeys(("info", "abstract", "summary", "quote", "example", "todo", "question"), "note"),
    **dict.fromkeys(("success", "done", "hint", "check"), "tip"),
    **dict.fromkeys(("attention", "bug"), "warning"),
    **dict.fromkeys(("danger", "error", "failure", "fail"), "caution"),
}
_BLOCK_KINDS = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "list_item_open": "item",
    "blockquote_open": "quote",
    "table_open": "table",
    "tr_open": "row",
    "fence": "code",
    "code_block": "code",
    "html_block": "html",
    "hr": "rule",
    "math_block": "math",
}
_NO_SPAN = frozenset({"thead", "tbody", "th", "td"})


class Walk:
    """Reads one document's tokens. After `run`, the collected parts are in the attributes of the same names.

    `address(n)` is what stands for reference n in the HTML. References are numbered in the order the HTML has them;
    `Walk.references` follows that order.
    """

    def __init__(self, source: Source, lines_before: int, address: Callable[[int], str]) -> None:
        self.outline: list[Heading] = []
        self.references: list[Reference] = []
        self.tasks: list[Task] = []
        self.tags: dict[str, None] = {}
        self.blocks: list[Block] = []
        self.plain: list[str] = []
        self.html_title: str | None = None
        self.too_deep = False
        self.raw = RawHtml(self._add_raw_reference)
        self._source = source
        self._lines_before = lines_before
        self._address = address
        self._out: list[str] = []
        self._open_tags: list[int | None] = []
        self._anchors = Anchors()
        self._highlighted = 0
        self._block_at: Placement | CellPlacement | None = None
        self._inline_token: Token | None = None
        self._cell_end = 0
        self._in_heading = False
        self._closing: list[str] = []
        self._text_from: list[tuple[int, int]] = []

    def run(self, tokens: Sequence[Token]) -> None:
        """Reads tokens; those of a second call follow those of the first."""
        rules = _RULES
        for index, token in enumerate(tokens):
            kind = token.type
            if kind == "inline":
                self._inline(tokens, index, token)
            elif (rule := rules.get(kind)) is not None:
                rule(self, tokens, index)
            elif not token.hidden:
                self._tag(token)
            if token.level >= MAX_NESTING - 2:
                self.too_deep = True

    def html(self, ids: Mapping[int, str]) -> str:
        """The HTML of all that was read, not yet sanitised. `ids` are those that blocks get, by their index in `blocks`."""
        out = self._out.copy()
        for block, name in ids.items():
            if (at := self._open_tags[block]) is not None:
                out[at] += f' id="{escape(name)}"'
        return "".join(out)

    # Blocks

    def _span(self, token: Token) -> tuple[int, int]:
        first, last = token.map or (0, 0)
        return self._source.span(first + self._lines_before, last + self._lines_before)

    def _open(self, opening: str, token: Token, kind: str) -> None:
        """Notes a block and writes its opening tag: `opening` is the name and attributes, to which come span and id."""
        if token.map is None:
            self._out.append(f"<{opening}>")
            return
        start, end = self._span(token)
        self.blocks.append(Block(kind, start, end))
        self._open_tags.append(len(self._out))
        self._out += (f'<{opening} data-span="{start}-{end}"', ">")

    def _tag(self, token: Token) -> None:
        tag = token.tag
        if token.nesting < 0:
            self._out.append(f"</{tag}>\n" if token.block else f"</{tag}>")
            if tag in {"p", "td", "th", "li"}:
                self.plain.append("\n")
            elif tag == "tr":
                self._cell_end = 0
            return
        opening = tag
        for name, value in token.attrs.items():
            if name == "style":
                opening += f' align="{str(value).removeprefix("text-align:")}"'
            else:
                opening += f' {name}="{escape(str(value))}"'
        if tag in _NO_SPAN:
            self._out.append(f"<{opening}>")
        else:
            self._open(opening, token, _BLOCK_KINDS.get(token.type, tag))

    def _heading_open(self, tokens: Sequence[Token], index: int) -> None:
        token = tokens[index]
        title = text_of(tokens[index + 1].children or ()).strip()
        anchor = self._anchors.next(title)
        self.outline.append(Heading(int(token.tag[1]), title, anchor, *self._span(token)))
        self._open(f'{token.tag} id="{escape(anchor)}"' if anchor else token.tag, token, "heading")
        self._in_heading = True

    def _heading_close(self, tokens: Sequence[Token], index: int) -> None:
        self._in_heading = False
        self._out.append(f"</{tokens[index].tag}>\n")
        self.plain.append("\n")

    def _list_item_open(self, tokens: Sequence[Token], index: int) -> None:
        token = tokens[index]
        following = tokens[index + 2] if index + 2 < len(tokens) else None
        is_task = following is not None and following.type == "inline" and _TASK.match(following.content)
        self._open('li class="task"' if is_task else "li", token, "item")

    def _blockquote_open(self, tokens: Sequence[Token], index: int) -> None:
        token = tokens[index]
        inline = tokens[index + 2] if index + 2 < len(tokens) and tokens[index + 1].type == "paragraph_open" else None
        match = _CALLOUT.match(inline.content) if inline is not None else None
        kind = _CALLOUT_KINDS.get(match[1].lower()) if match else None
        if kind is None or match is None or inline is None:
            self._closing.append("</blockquote>\n")
            self._open("blockquote", token, "quote")
            self._out.append("\n")
            return
        self._closing.append("</div>\n")
        title = _take_first_line(inline, match.end()) or match[1].capitalize()
        self._open(f'div class="callout callout-{kind}"', token, "callout")
        self._out.append(f'\n<p class="callout-title">{escape(title, quote=False)}</p>\n')
        self.plain.append(title + "\n")

    def _blockquote_close(self, _tokens: Sequence[Token], _index: int) -> None:
        self._out.append(self._closing.pop())

    def _fence(self, tokens: Sequence[Token], index: int) -> None:
        token = tokens[index]
        language = (token.info.split() or [""])[0].strip("{}.").lower()
        code = token.content
        self.plain += (code, "\n")
        if language == "mermaid":
            self._open('pre class="mermaid"', token, "mermaid")
            self._out.append(f"{escape(code, quote=False)}</pre>\n")
            return
        if language == "math":
            self._math(token, code)
            return
        self._highlighted += len(code)
        if language and self._highlighted <= MAX_HIGHLIGHTED_IN_ALL:
            body = highlight(code, language)
        else:
            body = escape(code, quote=False)
        named = f' data-language="{escape(language)}"' if language else ""
        self._open(f'pre class="code"{named}', token, "code")
        self._out.append(f"<code>{body}</code></pre>\n")

    def _math_block(self, tokens: Sequence[Token], index: int) -> None:
        self._math(tokens[index], tokens[index].content)
        self.plain += (tokens[index].content, "\n")

    def _math(self, token: Token, tex: str) -> None:
        self._open('div class="math block"', token, "math")
        self._out.append(f"{escape(tex.strip(), quote=False)}</div>\n")

    def _html_block(self, tokens: Sequence[Token], index: int) -> None:
        token = tokens[index]
        self.blocks.append(Block("html", *self._span(token)))
        self._open_tags.append(None)
        if self.html_title is None and (match := _HTML_TITLE.search(token.content)):
            self.html_title = " ".join(unescape(_ANY_TAG.sub("", match[1])).split())
        self._place(token)
        html, plain = self.raw.piece(token.content)
        self._out += (html, self.raw.close_formatting())
        self.plain += (plain, "\n")

    def _rule(self, tokens: Sequence[Token], index: int) -> None:
        self._open("hr", tokens[index], "rule")
        self._out.append("\n")

    def _footnotes_open(self, _tokens: Sequence[Token], _index: int) -> None:
        self._out.append('<section class="footnotes">\n<ol>\n')

    def _footnotes_close(self, _tokens: Sequence[Token], _index: int) -> None:
        self._out.append("</ol>\n</section>\n")

    def _footnote_open(self, tokens: Sequence[Token], index: int) -> None:
        number = tokens[index].meta["id"] + 1
        self._out.append(f'<li id="user-content-fn-{number}">')

    def _footnote_close(self, _tokens: Sequence[Token], _index: int) -> None:
        self._out.append("</li>\n")

    def _footnote_anchor(self, tokens: Sequence[Token], index: int) -> None:
        name = _footnote_name(tokens[index])
        self._out.append(f' <a href="#user-content-fnref-{name}" class="footnote-backref">↩</a>')

    # Inlines

    def _inline(self, tokens: Sequence[Token], index: int, token: Token) -> None:
        children = token.children
        if not children:
            return
        self._place(token)
        if tokens[index - 1].type in {"td_open", "th_open"} and token.map:
            line = token.map[0] + self._lines_before
            cell = CellPlacement(self._source, token.content, line, self._cell_end)
            self._block_at, self._cell_end = cell, cell.end
        elif index > 1 and tokens[index - 2].type == "list_item_open" and (match := _TASK.match(token.content)):
            self._task(tokens[index - 2], children, match)
        rules = _INLINE_RULES
        out, plain = self._out, self.plain
        for child in children:
            kind = child.type
            if kind == "text":
                content = child.content
                out.append(escape(content, quote=False))
                plain.append(content)
                if "#" in content and not self._in_heading and not self._text_from:
                    self.tags.update(dict.fromkeys(_TAG.findall(content)))
            elif kind == "softbreak":
                out.append("\n")
                plain.append("\n")
            elif (rule := rules.get(kind)) is not None:
                rule(self, child)
            elif child.nesting > 0:
                out.append(f"<{child.tag}>")
            else:
                out.append(f"</{child.tag}>")
        out.append(self.raw.close_formatting())

    def _task(self, item: Token, children: list[Token], match: re.Match[str]) -> None:
        done = match[1] != " "
        start, end = self._span(item)
        checked = " checked" if done else ""
        named = "Done" if done else "To do"
        self._out.append(f'<input type="checkbox" aria-label="{named}" disabled{checked}> ')
        left = match.end()
        for child in children:
            if child.type != "text" or not left:
                break
            taken = min(left, len(child.content))
            child.content = child.content[taken:]
            left -= taken
        self.tasks.append(Task(text_of(children).strip(), done, start, end))

    def _place(self, token: Token) -> None:
        self._inline_token, self._block_at = token, None

    def _byte_at(self, position: int) -> int:
        if self._block_at is None:
            token = self._inline_token
            first = token.map[0] if token is not None and token.map else 0
            self._block_at = Placement(self._source, token.content if token else "", first + self._lines_before)
        return self._block_at.byte_at(position)

    def _add_reference(self, kind: ReferenceKind, target: str, text: str, at: tuple[int, int], title: str) -> str:
        number = len(self.references)
        self.references.append(Reference(kind, target, text, self._byte_at(at[0]), self._byte_at(at[1]), title))
        return self._address(number)

    def _add_raw_reference(self, kind: str, target: str, text: str, position: int) -> str:
        token = self._inline_token
        if token is None:
            return ""
        base = position
        if token.type == "inline":
            base += self._raw_at
        end = token.content.find(">", base) + 1 or len(token.content)
        return self._add_reference("image" if kind == "image" else "link", target, text, (base, end), "")

    _raw_at = 0

    def _link_open(self, token: Token) -> None:
        title = str(token.attrs.get("title", ""))
        self._text_from.append((len(self.references), len(self.plain)))
        address = self._add_reference("link", str(token.attrs["href"]), "", token.meta.get("at", (0, 0)), title)
        self._out.append(f'<a href="{address}">')

    def _link_close(self, _token: Token) -> None:
        number, since = self._text_from.pop()
        text = " ".join("".join(self.plain[since:]).split())
        self.references[number] = self.references[number]._replace(text=text)
        self._out.append("</a>")

    def _image(self, token: Token) -> None:
        text = text_of(token.children or (), with_pictures=True)
        at, title = token.meta.get("at", (0, 0)), str(token.attrs.get("title", ""))
        address = self._add_reference("image", str(token.attrs["src"]), text, at, title)
        self._out.append(f'<img src="{address}" alt="{escape(text)}" loading="lazy">')
        self.plain.append(text)

    def _wikilink(self, token: Token) -> None:
        address = self._add_reference("wikilink", str(token.attrs["href"]), token.content, token.meta["at"], "")
        self._out.append(f'<a href="{address}">{escape(token.content, quote=False)}</a>')
        self.plain.append(token.content)

    def _embed(self, token: Token) -> None:
        target, text = str(token.attrs["href"]), token.content
        address = self._add_reference("embed", target, text, token.meta["at"], "")
        if is_image_path(target):
            self._out.append(f'<img src="{address}" alt="{escape(text)}" loading="lazy">')
        else:
            self._out.append(f'<a href="{address}">{escape(text, quote=False)}</a>')
        self.plain.append(text)

    def _code_inline(self, token: Token) -> None:
        self._out.append(f"<code>{escape(token.content, quote=False)}</code>")
        self.plain.append(token.content)

    def _hard_break(self, _token: Token) -> None:
        self._out.append("<br>\n")
        self.plain.append("\n")

    def _html_inline(self, token: Token) -> None:
        self._raw_at = token.meta.get("at", (0, 0))[0]
        html, plain = self.raw.piece(token.content)
        self._out.append(html)
        self.plain.append(plain)

    def _math_inline(self, token: Token) -> None:
        self._out.append(f'<span class="math inline">{escape(token.content, quote=False)}</span>')
        self.plain.append(token.content)

    def _footnote_ref(self, token: Token) -> None:
        number, name = token.meta["id"] + 1, _footnote_name(token)
        self._out.append(
            f'<sup class="footnote-ref"><a href="#user-content-fn-{number}" '
            f'id="user-content-fnref-{name}">{number}</a></sup>'
        )


def _footnote_name(token: Token) -> str:
    number, repeat = token.meta["id"] + 1, token.meta.get("subId", 0)
    return f"{number}-{repeat}" if repeat > 0 else str(number)


def text_of(children: Sequence[Token], *, with_pictures: bool = False) -> str:
    """The text a reader sees in a run of inline tokens: no markup, and pictures' alternative texts if asked for."""
    parts = []
    for child in children:
        if with_pictures and child.type == "image":
            parts.append(text_of(child.children or (), with_pictures=True))
        if child.type in {"text", "code_inline", "wikilink", "math_inline"}:
            parts.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
    return "".join(parts)


def _take_first_line(inline: Token, marker_end: int) -> str:
    """Takes a callout's `[!NOTE] title` line out of a paragraph's tokens; returns the title."""
    children = inline.children or []
    breaks = (i for i, child in enumerate(children) if child.type in {"softbreak", "hardbreak"})
    cut = next(breaks, len(children))
    title = text_of(children[:cut])[marker_end:].strip()
    inline.children = children[cut + 1 :]
    return title


_BlockRule = Callable[[Walk, Sequence[Token], int], None]
_InlineRule = Callable[[Walk, Token], Any]

_RULES: dict[str, _BlockRule] = {
    "heading_open": Walk._heading_open,
    "heading_close": Walk._heading_close,
    "list_item_open": Walk._list_item_open,
    "blockquote_open": Walk._blockquote_open,
    "blockquote_close": Walk._blockquote_close,
    "fence": Walk._fence,
    "code_block": Walk._fence,
    "math_block": Walk._math_block,
    "html_block": Walk._html_block,
    "hr": Walk._rule,
    "footnote_block_open": Walk._footnotes_open,
    "footnote_block_close": Walk._footnotes_close,
    "footnote_open": Walk._footnote_open,
    "footnote_close": Walk._footnote_close,
    "footnote_anchor": Walk._footnote_anchor,
}
_INLINE_RULES: dict[str, _InlineRule] = {
    "link_open": Walk._link_open,
    "link_close": Walk._link_close,
    "image": Walk._image,
    "wikilink": Walk._wikilink,
    "embed": Walk._embed,
    "code_inline": Walk._code_inline,
    "hardbreak": Walk._hard_break,
    "html_inline": Walk._html_inline,
    "math_inline": Walk._math_inline,
    "footnote_ref": Walk._footnote_ref,
}
