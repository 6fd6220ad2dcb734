"""Entries: what a text says about technologies, concepts, challenges, practices and projects, read from its shape.

The text becomes a tree of sections and lines (`lines`), each section gets its part (`sections`), and each part has its
reader: `items` for what is listed, `challenges` for what was hard. Nothing here knows a heading or a document by heart.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from nexus.markdown import challenges, drafts, items, lines
from nexus.markdown.document import Entry
from nexus.markdown.found import Found
from nexus.markdown.lines import Node
from nexus.markdown.sections import Role, clean_title, is_heading_phrase, role_of
from nexus.markdown.source import Source
from nexus.markdown.vocabulary import topic_slug, topics_in

MAX_ENTRIES = 1_000
"""Entries of one document; a text with more is a data file."""

_WORTH_READING = (
    "challeng",
    "problem",
    "difficult",
    "obstacle",
    "hurdle",
    "struggl",
    "issue",
    "technolog",
    "stack",
    "tool",
    "framework",
    "librar",
    "language",
    "concept",
    "fundamental",
    "practice",
    "takeaway",
    "take-away",
    "lesson",
    "learn",
    "differently",
    "project",
    "case stud",
    "built with",
    "solution",
)
_PAIR = re.compile(
    r"\b(?:challenge|problem|issue)\s?\d{0,2}[*_]*:.*\b(?:solution|fix|resolution)[*_]*\s?:", re.IGNORECASE | re.DOTALL
)


def find(source: Source, tokens: Sequence[Token], lines_before: int) -> tuple[Entry, ...]:
    """The entries of a document, in the order of the text."""
    if not _may_have_chapters(tokens):
        return ()
    root = lines.outline(source, tokens, lines_before)
    top = [node for node in root.children if node.kind == "section"]
    if len(top) == 1 and _heads_the_whole(top[0]):
        top[0].text = ""
    found = sorted(_read(root, ""), key=lambda item: item.start)
    return tuple(_entry(item) for item in _once(found)[:MAX_ENTRIES])


def _may_have_chapters(tokens: Sequence[Token]) -> bool:
    """A quick look: most notes have no line that could be a chapter's heading, and no labelled pair."""
    for index, token in enumerate(tokens):
        if token.type == "inline":
            content = token.content
            if tokens[index - 1].type == "heading_open":
                if role_of(clean_title(content)) not in {"", "other"}:
                    return True
            elif _is_worth_reading(content) and (_PAIR.search(content) or any(map(_may_head, content.split("\n")))):
                return True
    return False


def _heads_the_whole(section: Node) -> bool:
    """Whether the only top heading is the document's title and no chapter's (`# My learnings`, not `# Challenges`)."""
    below = {role_of(node.title) for node in section.children if node.kind == "section"}
    if below and role_of(section.title) in {"learnings", "other", "projects"}:
        return True
    return len(below - {"", "other"}) > 1


def _is_worth_reading(text: str) -> bool:
    lowered = text.lower()
    return any(stem in lowered for stem in _WORTH_READING)


def _may_head(line: str) -> bool:
    line = line.strip()
    if len(line) > 90 or not _is_worth_reading(line):
        return False
    return line.startswith(("**", "__", "#")) or is_heading_phrase(clean_title(line), stands_alone=True)


def _read(node: Node, inherited: Role) -> Iterator[Found]:
    """The entries of a section and of the sections below it."""
    role = role_of(node.title) if node.title else ""
    if role == "" and inherited in {"learnings", "other"}:
        role = inherited
    if role == "challenges":
        yield from _challenges(node)
    elif role in {"technologies", "concepts", "mixed", "practices", "learnings", "projects"}:
        own, others = _divided(node, role)
        yield from items.READERS[role](own)
        for section in others:
            yield from _read(section, role)
        return
    else:
        yield from challenges.labelled_pairs(node)
    siblings = node.children
    for index, child in enumerate(siblings):
        if child.kind != "section" or role == "challenges":
            continue
        if role_of(child.title) == "challenges" and (remedies := _separate_solutions(siblings, index)):
            found = list(_challenges(child))
            drafts.pair(found, remedies)
            yield from found
        else:
            yield from _read(child, role)


def _challenges(node: Node) -> Iterator[Found]:
    own = Node(node.kind, node.text, node.start, node.end, node.level)
    others = []
    for child in node.children:
        if (
            child.kind == "section"
            and role_of(child.title) in {"technologies", "practices", "concepts"}
            and child.level <= 6
        ):
            others.append(child)
        else:
            own.children.append(child)
    yield from challenges.challenges(own)
    for section in others:
        yield from _read(section, "")


def _divided(node: Node, role: Role) -> tuple[Node, list[Node]]:
    """A chapter without those of its sections that have another part, and those sections."""
    own = Node(node.kind, node.text, node.start, node.end, node.level, node.lead, node.rest)
    others: list[Node] = []
    for child in node.children:
        other = role_of(child.title) if child.kind == "section" else ""
        is_other = other not in {"", "other", "solutions", role}
        if role in {"concepts", "practices", "mixed"} and other in {"technologies", "concepts"} and child.level > 6:
            is_other = False
        (others if is_other else own.children).append(child)
    return own, others


def _separate_solutions(siblings: list[Node], index: int) -> list[Node]:
    """The lines of a solutions section that follows a challenges section."""
    following = next((node for node in siblings[index + 1 :] if node.kind == "section"), None)
    if following is None or role_of(following.title) != "solutions":
        return []
    return drafts.remedies_of(following)


def _once(found: list[Found]) -> list[Found]:
    """Each name once, as first spelled; challenges are told apart by their problem."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for item in found:
        key = (
            item.kind,
            topic_slug(item.title)
            if item.kind in {"technology", "concept"}
            else f"{item.title}\n{item.problem}".lower(),
        )
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept


def _entry(found: Found) -> Entry:
    if found.kind in {"technology", "concept"}:
        topics: tuple[str, ...] = (topic_slug(found.title),)
    else:
        said = (found.title, found.problem, found.cause, found.solution)
        topics = topics_in("\n".join(text for text in said if text))
    return Entry(
        found.kind,
        found.title,
        found.problem,
        found.cause,
        found.solution,
        found.error_text,
        topics,
        found.start,
        found.end,
        round(found.confidence, 2),
        found.reason,
    )
