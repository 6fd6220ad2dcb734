"""Technologies, concepts, practices and projects out of the chapters that list them."""

import re
from collections.abc import Iterator

from nexus.markdown import vocabulary
from nexus.markdown.document import EntryKind
from nexus.markdown.found import Found
from nexus.markdown.lines import Node
from nexus.markdown.names import (
    MAX_NAME_WORDS,
    Item,
    is_category,
    is_technology,
    item_of,
    leading_names,
    looks_like_names,
    split_names,
    word_count,
)
from nexus.markdown.sections import clean_title, ends_chapter, role_of

MAX_TITLE = 200
"""Characters of an entry's title."""

_PLACEHOLDER = re.compile(
    r"^\W*$|^(?:to|will) be (?:added|updated|done|filled)\b|^tbd\b|^coming soon|^lorem ipsum|^\[.*\]$",
    re.IGNORECASE,
)
_EMPTY_LEAD = re.compile(
    (
        r"^(?:(?:personal|key|main|my|final)\s+)*(?:insights?|takeaways?|lessons?(?: learn\w+)?|notes?|tips?|"
        r"reflections?)$"
    ),
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[A-Z\"'“(])")
_EXAMPLES = re.compile(r"\s*\((?:e\.?g\.?|such as|i\.?e\.?|like|for example)[^()]*\)?|\s*\([^()]*\)$", re.IGNORECASE)
_NO_NAME = re.compile(
    r"^(?:i|we|it|they|there|why|how|what|when|where|steps?|this|that|these|install|configure|create|run|use|using|"
    r"example|benefits|advantages|key|learn(?:ed|ing)|built|implemented|worked)\b|.*\?$",
    re.IGNORECASE,
)
_TABLE_HEAD = re.compile(r"^(?:categor|type|area|layer|purpose|component|domain|field)", re.IGNORECASE)


def technologies(chapter: Node) -> Iterator[Found]:
    """The names a technologies chapter lists."""
    rows = [node for node in chapter.children if node.kind == "row"]
    yield from _table(rows)
    # Where names stand in bold on lines of their own, the plain lines between them say more about the name above.
    details = any(node.kind == "item" and node.lead and not node.rest for node in chapter.children)
    for node in _members(chapter):
        if role_of(node.title) == "concepts" and (node.children or node.rest):
            yield from _concepts_of_line(node)
        elif node.kind == "section" or (node.children and _below(node)):
            yield from _group(node)
        elif node.kind in {"item", "text"} and not (details and not node.lead and not _names_known(node)):
            yield from _line(node, alone=node.kind == "text")


def _names_known(node: Node) -> bool:
    item = item_of(node)
    return any(is_technology(name) for name in split_names(item.name))


def _group(node: Node) -> Iterator[Found]:
    """A line with others below it: a category of names, or a name with details."""
    item = item_of(node)
    below = _below(node)
    names = split_names(item.name)
    if any(child.kind == "row" for child in node.children) and not any(is_technology(name) for name in names):
        yield from technologies(node)
    elif any(is_technology(name) for name in names):
        yield from _all(node, names, 0.95, "name-with-details")
    elif not below and node.kind == "section" and role_of(node.title) == "technologies":
        return
    elif not below or (node.kind == "item" and _is_sentence(item.description)):
        yield from _line(node, alone=node.kind == "text")
    elif is_category(item.name) or sum(_is_name_like(child) for child in below) * 2 > len(below):
        yield from technologies(node)
    else:
        yield from _all(node, [item.name], 0.7, "name-with-details")


def _is_sentence(text: str) -> bool:
    return len(text.split()) > 4 and not looks_like_names(text)


def _below(node: Node) -> list[Node]:
    return [child for child in node.children if child.kind in {"item", "text", "section"}]


def _is_name_like(node: Node) -> bool:
    item = item_of(node)
    return (item.has_lead and len(item.name.split()) <= 4) or (
        any(is_technology(name) for name in split_names(item.name)) and len(item.name.split()) <= 5
    )


def _line(node: Node, *, alone: bool) -> Iterator[Found]:
    item = item_of(node)
    if not item.name or _PLACEHOLDER.search(item.name):
        return
    if item.has_lead:
        yield from _led(node, item)
    elif len(item.name.split()) <= MAX_NAME_WORDS or looks_like_names(item.name):
        names = split_names(item.name)
        if not alone or all(is_technology(name) for name in names) or (len(names) > 1 and looks_like_names(item.name)):
            yield from _all(node, names, 0.9, "listed-name")
        elif alone and not item.name.endswith((".", ":")) and item.name[:1].isupper():
            yield from _all(node, names, 0.6, "listed-name")
    elif node.kind == "item":
        yield from _all(node, leading_names(item.name), 0.6, "name-in-sentence")


def _led(node: Node, item: Item) -> Iterator[Found]:
    names = split_names(item.name)
    known = any(is_technology(name, strict=True) for name in names)
    if known or not item.description:
        yield from _all(node, names, 0.95 if known else 0.75, "name-with-description")
    elif not node.lead and (leading := leading_names(item.name)) and re.search(r"\s[a-z]", item.name):
        yield from _all(node, leading, 0.7, "name-in-sentence")
    elif leading_names(item.description) and not item.name.endswith("s Framework"):
        yield from _all(node, _listed(item.description), 0.9, "category-with-names")
    elif looks_like_names(item.description) and is_category(item.name):
        yield from _all(node, _listed(item.description), 0.7, "category-with-names")
    elif is_category(item.name) and not is_technology(item.name) and "tool" in item.name.lower():
        yield from _all(node, _mentioned(item.description), 0.5, "names-in-description")
    else:
        yield from _all(node, names, 0.8, "name-with-description")


def _listed(text: str) -> list[str]:
    """The names of a list, up to where it turns into a sentence."""
    if looks_like_names(text):
        parts = split_names(text)
        return [name for name in parts if is_technology(name) or (len(name.split()) <= 3 and name[:1].isupper())]
    return leading_names(text)


def _mentioned(text: str) -> list[str]:
    return [text[start:end] for name, start, end in vocabulary.mentions(text) if name.kind == "technology"]


def _table(rows: list[Node]) -> Iterator[Found]:
    if not rows or not rows[0].is_head_row:
        return
    is_by_category = bool(_TABLE_HEAD.match(rows[0].cells[0])) and len(rows[0].cells) > 1
    for row in rows[1:]:
        cells = [cell for cell in row.cells if cell]
        if len(cells) > 1 and is_by_category:
            yield from _all(row, _listed(cells[1]) or split_names(cells[1]), 0.9, "table-row")
        elif cells:
            yield from _all(row, split_names(cells[0]), 0.9, "table-row")


def _all(
    node: Node, names: list[str], confidence: float, reason: str, kind: EntryKind = "technology"
) -> Iterator[Found]:
    for name in names:
        name = clean_title(name)[:MAX_TITLE]
        if kind == "technology" and _NO_NAME.match(name) and not is_technology(name):
            continue
        if name and not _PLACEHOLDER.search(name) and any(c.isalnum() for c in name):
            yield Found(kind, name, node.start, node.last, confidence, reason)


def concepts(chapter: Node) -> Iterator[Found]:
    """The ideas a concepts chapter lists. Products among them are technologies."""
    for row in [node for node in chapter.children if node.kind == "row" and not node.is_head_row]:
        yield from _concept(row, row.cells[0], 0.85, "table-row")
    members = list(_members(chapter))
    heads = _numbered_heads(members)
    for node in members:
        if heads and node not in heads:
            continue
        if node.kind == "section":
            leads = [
                child
                for child in node.children
                if child.kind in {"item", "text"} and item_of(child).has_lead and child.lead
            ]
            if len(leads) * 2 > len(_below(node)):
                yield from concepts(node)
            elif not node.text.rstrip().endswith(":") or _below(node):
                yield from _concept(node, node.title.rstrip(":"), 0.9, "sub-heading")
        else:
            yield from _concepts_of_line(node)


def _numbered_heads(members: list[Node]) -> list[Node]:
    """In a chapter of bare lines, the numbered ones head those that follow them."""
    lines = [node for node in members if node.kind in {"item", "text"} and node.level <= 1]
    numbered = [node for node in lines if node.is_numbered]
    if not numbered or len(numbered) == len(lines) or any(node.kind == "section" for node in members):
        return []
    return numbered if lines[0] is not numbered[0] or any(n.kind == "text" for n in lines) else []


def _concepts_of_line(node: Node) -> Iterator[Found]:
    item = item_of(node)
    if role_of(item.name) == "concepts" and (item.description or node.children):
        for name in re.split(r"\s*[,;]\s*(?:and\s+)?", re.sub(r"\([^()]*\)", "", item.description)):
            yield from _concept(node, name, 0.8, "category-with-names")
        for child in node.children:
            yield from _concepts_of_line(child)
    elif item.has_lead:
        yield from _concept(node, item.name, 0.9, "name-with-description")
    elif node.kind == "item" or (len(item.name.split()) <= MAX_NAME_WORDS and not item.name.endswith((".", ":"))):
        if looks_like_names(item.name) and "," in item.name:
            for name in split_names(item.name):
                yield from _concept(node, name, 0.7, "listed-name")
        else:
            yield from _concept(node, item.name, 0.8, "listed-name")


def _concept(node: Node, name: str, confidence: float, reason: str) -> Iterator[Found]:
    name = clean_title(_EXAMPLES.sub("", name)).rstrip(".").strip()
    if len(name.split()) > 16:
        return
    if is_technology(name, strict=True):
        yield from _all(node, [name], confidence - 0.1, reason)
    else:
        yield from _all(node, [name], confidence, reason, "concept")


def mixed(chapter: Node) -> Iterator[Found]:
    """A chapter of technologies and concepts together, or of learnings: the nature of each name decides."""
    for node in _members(chapter):
        role = role_of(node.title) if node.kind == "section" else ""
        if role in {"technologies", "concepts", "mixed"}:
            yield from READERS[role](node)
        elif role:
            continue
        elif node.kind == "section":
            leads = [child for child in node.children if child.kind in {"item", "text"} and item_of(child).has_lead]
            yield from mixed(node) if leads else _by_nature(node, [node.title], 0.6, "sub-heading")
        else:
            item = item_of(node)
            if item.has_lead and word_count(item.name) <= 5:
                names = split_names(item.name)
                if not all(is_technology(name, strict=True) for name in names):
                    names = [re.sub(r"\s*\([^()]*\)", "", item.name)]
                yield from _by_nature(node, names, 0.8, "name-with-description")
            elif not item.has_lead and node.kind == "item" and len(item.name.split()) <= 3:
                yield from _by_nature(node, split_names(item.name), 0.6, "listed-name")


def _by_nature(node: Node, names: list[str], confidence: float, reason: str) -> Iterator[Found]:
    for name in names:
        kind: EntryKind = "technology" if is_technology(name, strict=True) else "concept"
        yield from _all(node, [name], confidence, reason, kind)


def practices(chapter: Node) -> Iterator[Found]:
    """What a chapter of best practices, takeaways or lessons tells others to do."""
    rows = [node for node in chapter.children if node.kind == "row" and not node.is_head_row]
    for row in rows:
        yield from _practice(row, row.cells[0], 0.85, "table-row")
    members = list(_members(chapter))
    has_items = any(node.kind in {"item", "section"} for node in members) or bool(rows)
    for node in members:
        if node.kind == "section":
            below = [child for child in node.children if child.kind in {"item", "section"}]
            if below or role_of(node.title) == "practices":
                yield from practices(node)
            else:
                yield from _practice(node, node.title, 0.85, "sub-heading")
        elif node.kind == "item":
            yield from _practice_items(node)
        elif not has_items:
            yield from _practice_of_paragraph(node)


def _practice_items(node: Node) -> Iterator[Found]:
    item = item_of(node)
    below = [child for child in node.children if child.kind == "item"]
    if below and not item.description and not any(item_of(child).has_lead and child.lead for child in below):
        # A group of practices, not one with details: its members are whole sentences or as short as itself.
        for child in below:
            yield from _practice_items(child)
    else:
        yield from _practice_line(node, item)


def _practice_of_paragraph(node: Node) -> Iterator[Found]:
    item = item_of(node)
    if node.text.rstrip().endswith(":") or (len(node.text.split()) < 3 and not node.lead):
        return
    if item.has_lead or len(_SENTENCE_END.split(node.text)) == 1:
        yield from _practice_line(node, item, confidence=0.7)
    else:
        yield from _practice(node, _SENTENCE_END.split(node.text)[0], 0.5, "first-sentence")


def _practice_line(node: Node, item: Item, confidence: float = 0.9) -> Iterator[Found]:
    if item.has_lead and not _EMPTY_LEAD.match(item.name):
        yield from _practice(node, item.name, confidence, "name-with-description")
    elif item.has_lead and item.description:
        yield from _practice(node, item.description, confidence - 0.1, "listed-sentence")
    else:
        yield from _practice(node, node.text, confidence - 0.05, "listed-sentence")


def _practice(node: Node, text: str, confidence: float, reason: str) -> Iterator[Found]:
    text = clean_title(text.strip("\"'“”")).removesuffix(".")
    yield from _all(node, [text], confidence, reason, "practice")


def projects(chapter: Node) -> Iterator[Found]:
    """The projects a chapter names."""
    for row in [node for node in chapter.children if node.kind == "row" and not node.is_head_row]:
        yield from _all(row, [row.cells[0]], 0.8, "table-row", "project")
    title = re.sub(
        r"^(?:case study|capstone(?: project)?|final project)\s*[:\-–—]\s*", "", chapter.title, flags=re.IGNORECASE
    )
    if title != chapter.title and title:
        yield from _all(chapter, [title], 0.9, "sub-heading", "project")
        return
    for node in _members(chapter):
        item = item_of(node)
        if node.kind == "section":
            yield from _all(node, [item.name], 0.8, "sub-heading", "project")
        elif item.has_lead and len(item.name.split()) <= 8:
            yield from _all(node, [item.name], 0.85, "name-with-description", "project")
        elif node.kind == "item" and len(item.name.split()) <= 8:
            yield from _all(node, [item.name], 0.6, "listed-name", "project")


def _members(chapter: Node) -> Iterator[Node]:
    """The lines and groups of a chapter, without what only introduces them and without parts that are no items."""
    for node in chapter.children:
        if node.kind in {"row", "code"}:
            continue
        if node.kind == "section" and (ends_chapter(node.title) or not node.title):
            continue
        if node.kind == "text" and node.level == 0 and node.text.endswith(":") and not node.lead:
            continue
        yield node


READERS = {
    "technologies": technologies,
    "concepts": concepts,
    "mixed": mixed,
    "learnings": mixed,
    "practices": practices,
    "projects": projects,
}
