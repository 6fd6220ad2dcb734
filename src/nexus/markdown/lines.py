"""The text as an outline of sections, items and lines, whatever marks its author used for them.

Headings come as Markdown headings, as a line in bold, as a numbered line, as a bare line, or as `#Heading#`; lists come
as lists, as `•` lines, or as lines in a row; tables come as tables or with tabs between the cells. This module levels
all of that into one tree of `Node`, which the readers of chapters (`items`, `challenges`) walk.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from markdown_it.token import Token

from nexus.markdown import vocabulary
from nexus.markdown.sections import clean_title, is_heading_phrase, role_of
from nexus.markdown.source import Source

NodeKind = Literal["section", "item", "text", "row", "code"]

BOLD_LEVEL = 7
"""Level of a section whose heading is a line in bold, numbered or bare, below Markdown's six."""
GROUP_LEVEL = 8
"""Level of a line that only heads the list below it."""

_BULLET = re.compile(r"^\s*(?:[•●▪◦‣○🔹👉✅✔\-–]\s*|[*](?=[^\s*])|o\t\s*|\uf0b7\s*|(\d{1,2}[.)]|[A-Z][.)])\s*(?=\S))")
_HASH_HEADING = re.compile(r"^#{1,6}\s*([^#\s].*?)#*$")
_TAB_CELLS = re.compile(r"\t+| {4,}")
_TAG = re.compile(r"<[^<>]{0,200}>")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


@dataclass(slots=True)
class Node:
    """A line of the text with what belongs below it. `lead` is the emphasised run it begins with, without its colon.

    `rest` is what follows the lead. `text` is the whole line without markup. `cells` are a table row's, or those of a
    line with tabs. `is_alone`: the only line of its paragraph. `is_pointer`: a link to a heading, as in a contents
    list.
    """

    kind: NodeKind
    text: str
    start: int
    end: int
    level: int = 0
    lead: str = ""
    rest: str = ""
    cells: tuple[str, ...] = ()
    is_numbered: bool = False
    is_head_row: bool = False
    is_alone: bool = False
    is_pointer: bool = False
    children: list["Node"] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The text without numbering and decoration."""
        return clean_title(self.text)

    def walk(self) -> Iterator["Node"]:
        """All nodes below this one, in the order of the text."""
        for child in self.children:
            yield child
            yield from child.walk()

    @property
    def last(self) -> int:
        """Where this node and everything below it ends, as a byte offset."""
        return max([self.end, *(node.end for node in self.walk())])


def outline(source: Source, tokens: Sequence[Token], lines_before: int) -> Node:
    """The tree of a whole text."""
    return _Builder(_Reader(source, lines_before).nodes(tokens)).root


class _Reader:
    """Flattens tokens into nodes without children. A node's `level` is 1 to 6 for headings, list depth for others."""

    def __init__(self, source: Source, lines_before: int) -> None:
        self._source = source
        self._before = lines_before

    def nodes(self, tokens: Sequence[Token]) -> list[Node]:
        out: list[Node] = []
        depth = 0
        row: list[str] = []
        for index, token in enumerate(tokens):
            kind = token.type
            if kind in {"bullet_list_open", "ordered_list_open"}:
                depth += 1
            elif kind in {"bullet_list_close", "ordered_list_close"}:
                depth -= 1
            elif kind == "inline":
                before = tokens[index - 1].type
                if before in {"th_open", "td_open"}:
                    row.append(_text(token.children or []))
                elif before == "heading_open":
                    out.append(self._heading(token, int(tokens[index - 1].tag[1])))
                else:
                    is_item = index > 1 and tokens[index - 2].type == "list_item_open"
                    out += self._paragraph(
                        token, depth, is_item=is_item, number=tokens[index - 2].info if is_item else ""
                    )
            elif kind == "tr_close":
                start, end = self._span(tokens, index)
                out.append(Node("row", " ".join(row), start, end, depth, cells=tuple(row)))
                row = []
            elif kind == "thead_close" and out:
                out[-1].is_head_row = True
            elif kind == "code_block" and _is_indented_prose(token.content):
                out += self._plain_lines(token, depth + 1, "item")
            elif kind in {"fence", "code_block"}:
                start, end = self._token_span(token)
                out.append(Node("code", token.content.strip("\n"), start, end, depth))
            elif kind == "html_block":
                out += self._plain_lines(token, depth)
        return out

    def _token_span(self, token: Token) -> tuple[int, int]:
        first, last = token.map or (0, 0)
        return self._source.span(first + self._before, last + self._before)

    def _span(self, tokens: Sequence[Token], index: int) -> tuple[int, int]:
        while index and tokens[index].type != "tr_open":
            index -= 1
        return self._token_span(tokens[index])

    def _heading(self, token: Token, level: int) -> Node:
        start, end = self._token_span(token)
        return Node("section", _text(token.children or []), start, end, level)

    def _paragraph(self, token: Token, depth: int, *, is_item: bool, number: str) -> list[Node]:
        nodes: list[Node] = []
        first = (token.map or [0])[0] + self._before
        for offset, children in enumerate(_lines_of(token.children or [])):
            text = _text(children).strip()
            start, end = self._source.span(first + offset, first + offset + 1)
            if not text:
                nodes += [Node("item", name, start, end, max(depth, 1), rest=name) for name in _badges(children)]
                continue
            node = Node("text", text, start, end, depth)
            node.lead, node.rest = _lead(children)
            if is_item and not nodes:
                node.kind = "item"
                node.is_numbered = bool(number)
            node.cells = cells_of("".join(child.content for child in children if child.type == "text"))
            node.is_pointer = children[0].type == "link_open" and str(children[0].attrs.get("href", "")).startswith("#")
            nodes.append(_levelled(node))
        if len(nodes) == 1:
            nodes[0].is_alone = True
        return nodes

    def _plain_lines(self, token: Token, depth: int, kind: NodeKind = "text") -> list[Node]:
        nodes = []
        first = (token.map or [0])[0] + self._before
        # What stands in a comment is not said to anybody; its lines still count.
        content = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), token.content)
        for offset, line in enumerate(content.split("\n")):
            text = _TAG.sub("", line).strip()
            if text:
                start, end = self._source.span(first + offset, first + offset + 1)
                indent = (len(line) - len(line.lstrip())) // 4
                nodes.append(_levelled(Node(kind, text, start, end, depth + indent, rest=text)))
        return nodes


def _levelled(node: Node) -> Node:
    """Takes marks off that Markdown did not read as marks: bullets of other kinds, numbers, hashes without a space."""
    if node.kind == "text":
        if (heading := _HASH_HEADING.match(node.text)) and len(heading[1]) <= 90:
            return Node("section", heading[1], node.start, node.end, 2)
        if bullet := _BULLET.match(node.text):
            node.kind, node.is_numbered = "item", bool(bullet[1])
            node.level = max(node.level, 1)
            node.text = node.text[bullet.end() :]
            if not node.lead:
                node.rest = node.text
    return node


def _lines_of(children: Sequence[Token]) -> list[list[Token]]:
    lines: list[list[Token]] = [[]]
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            lines.append([])
        else:
            lines[-1].append(child)
    return lines


def _text(children: Sequence[Token]) -> str:
    parts = []
    for child in children:
        if child.type in {"text", "code_inline", "wikilink"}:
            parts.append(child.content)
        elif child.type in {"softbreak", "hardbreak"} or (
            child.type == "html_inline" and child.content.lower().startswith("<br")
        ):
            parts.append(" ")
    return " ".join("".join(parts).split())


def _badges(children: Sequence[Token]) -> list[str]:
    """The technologies a row of pictures stands for, by their alternative texts."""
    names = (child.content for child in children if child.type == "image")
    return [name for name in names if (known := vocabulary.lookup(name)) is not None and known.kind == "technology"]


def _lead(children: Sequence[Token]) -> tuple[str, str]:
    """The emphasised run a line begins with, and what follows it."""
    index = 0
    while (
        index < len(children)
        and children[index].type == "text"
        and not any(c.isalnum() for c in children[index].content)
    ):
        index += 1
    if index == len(children):
        return "", _text(children)
    opener = children[index]
    if opener.type == "code_inline":
        end = index + 1
    elif opener.type in {"strong_open", "em_open"}:
        end = next(
            (
                i + 1
                for i in range(index + 1, len(children))
                if children[i].level == opener.level and children[i].type == opener.type.replace("open", "close")
            ),
            index,
        )
    else:
        return "", _text(children)
    lead, rest = _text(children[index:end]), _text(children[end:])
    if opener.type != "strong_open" and rest[:1] not in (":", "-", "–", "—", "→", ""):
        # `code` or *emphasis* that only opens a sentence.
        return "", _text(children)
    return lead.rstrip(":： ").strip(), rest


def _is_indented_prose(content: str) -> bool:
    """Whether an indented block is text pasted with its indentation, not code."""
    lines = [line.strip() for line in content.split("\n") if line.strip()]
    prose = sum(1 for line in lines if line[:1].isupper() and " " in line and not re.search(r"[{};=]|\)$", line))
    return prose * 10 >= len(lines) * 7


class _Builder:
    """Hangs the flat nodes into a tree."""

    def __init__(self, nodes: list[Node]) -> None:
        self.root = Node("section", "", 0, 0, 0)
        self._sections = [self.root]
        self._adopted = (0, 0)
        self._items: list[Node] = []
        self._nodes = nodes
        self._bare_headings = self._find_bare_headings()
        for index, node in enumerate(nodes):
            self._add(index, node)

    def _find_bare_headings(self) -> dict[int, str]:
        """Lines without a mark that are headings. Of a title that comes twice, the first stands in a contents list."""
        found: dict[str, int] = {}
        for index, node in enumerate(self._nodes):
            if (node.kind == "text" and node.level == 0) or (node.kind == "item" and node.level == 1):
                title = clean_title(node.text)
                if node.is_pointer or node.cells or (node.lead and node.rest.strip(":：* ")):
                    continue
                if is_heading_phrase(title, stands_alone=node.is_alone) and (
                    node.kind == "text" or self._stands_alone(index)
                ):
                    found[title.lower()] = index
        return {index: title for title, index in found.items()}

    def _stands_alone(self, index: int) -> bool:
        """Whether a list item is the only one around: a numbered heading that Markdown reads as a list."""
        node, nodes = self._nodes[index], self._nodes
        before = nodes[index - 1] if index else None
        after = nodes[index + 1] if index + 1 < len(nodes) else None
        if not node.is_numbered or (after is not None and after.kind == "item" and after.is_numbered):
            return False
        return before is None or not (before.kind == "item" and before.is_numbered)

    def _add(self, index: int, node: Node) -> None:
        if node.kind == "section":
            self._open(node, self._level_of(node))
        elif index in self._bare_headings:
            self._open(node, BOLD_LEVEL)
        elif node.kind == "text" and node.level == 0 and self._is_bold_heading(node):
            self._open(node, BOLD_LEVEL if role_of(clean_title(node.text)) else GROUP_LEVEL)
        elif node.kind == "text" and node.level == 0 and self._heads_a_list(index):
            self._open(node, GROUP_LEVEL + 1)
        elif node.kind in {"item", "text"} and node.level > 0:
            self._add_to_list(node)
        else:
            self._add_to_section(node)

    def _level_of(self, node: Node) -> int:
        """A heading's level. Below a chapter's heading with nothing under it yet, headings that name no part of their
        own belong to the chapter even when they are of a higher level."""
        top = self._sections[-1]
        if role_of(node.title):
            self._adopted = (0, 0)
        elif node.level < top.level <= 6 and not top.children and role_of(top.title) not in {"", "other"}:
            self._adopted = (node.level, top.level + 1)
        return self._adopted[1] if node.level == self._adopted[0] else node.level

    def _open(self, node: Node, level: int) -> None:
        node.kind, node.level = "section", level
        while self._sections[-1].level >= level:
            self._sections.pop()
        self._sections[-1].children.append(node)
        self._sections.append(node)
        self._items = []

    def _add_to_list(self, node: Node) -> None:
        while self._items and self._items[-1].level >= node.level + (node.kind == "text"):
            self._items.pop()
        parent = self._items[-1] if self._items else self._sections[-1]
        parent.children.append(node)
        if node.kind == "item":
            self._items.append(node)

    def _add_to_section(self, node: Node) -> None:
        if node.kind == "text":
            while self._sections[-1].level > GROUP_LEVEL:
                self._sections.pop()
        if node.level == 0:
            if node.kind == "text":
                self._items = []
            parent = self._items[-1] if node.kind == "code" and self._items else self._sections[-1]
        else:
            parent = self._items[-1] if self._items else self._sections[-1]
        parent.children.append(node)

    @staticmethod
    def _is_bold_heading(node: Node) -> bool:
        return bool(node.lead) and not node.rest.strip(" :：") and len(node.lead) <= 90 and node.lead[-1:] not in ".!?"

    def _heads_a_list(self, index: int) -> bool:
        node = self._nodes[index]
        after = self._nodes[index + 1] if index + 1 < len(self._nodes) else None
        if after is None or after.kind != "item" or node.lead or node.cells:
            return False
        return len(node.text.split()) <= 6 and node.text[-1:] not in ".!?," and node.text[:1].isupper()


def cells_of(text: str) -> tuple[str, ...]:
    """The cells of a line of a table pasted as text, with tabs or wide gaps between them; empty if it is none."""
    cells = tuple(cell.strip() for cell in _TAB_CELLS.split(text.strip()) if cell.strip())
    return cells if len(cells) > 1 else ()
