"""Challenges: problems met and how they were solved, in every form learners write them.

Labels (`Challenge:` ... `Solution:`) on lines, in lists and below headings; tables; a name in bold with the story
behind it; prose; and two separate lists that are paired by their words.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from nexus.markdown.drafts import Draft, of_pasted_table, of_table, telling_words
from nexus.markdown.found import Found
from nexus.markdown.labels import (
    ARROW,
    SENTENCE_END,
    Part,
    before_label,
    is_numbered,
    is_remedy,
    label_of,
    labels_in,
    split_story,
    without_number,
)
from nexus.markdown.lines import Node
from nexus.markdown.names import item_of
from nexus.markdown.sections import ends_chapter

_INTRODUCTION = re.compile(r"(?:this (?:section|table)|below|here|the following|throughout|during)\b", re.IGNORECASE)


def challenges(chapter: Node) -> Iterator[Found]:
    """The challenges of a challenges chapter."""
    drafts = list(of_table([node for node in chapter.children if node.kind == "row"]))
    if not drafts and (drafts := list(of_pasted_table(chapter))):
        rest = [node for node in chapter.children if not node.cells]
        chapter = Node("section", chapter.text, chapter.start, chapter.end, children=rest)
    drafts += _Reader().read(chapter, is_story=not drafts)
    yield from (found for draft in drafts if (found := draft.found()) is not None)


def labelled_pairs(section: Node) -> Iterator[Found]:
    """Lines outside any challenges chapter that hold both a problem and its solution, each behind its label."""
    for node in section.children:
        if node.kind in {"text", "item"} and {part for part, _ in labels_in(node.text)} >= {"problem", "solution"}:
            for draft in _Reader().read(Node("section", "", node.start, node.end, children=[node]), is_story=False):
                if (found := draft.found()) is not None:
                    yield replace(found, confidence=0.8)


class _Reader:
    """Goes through a chapter's lines in order, opening a challenge at each problem and filling it until the next."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self._part: Part = "problem"

    def read(self, chapter: Node, *, is_story: bool) -> list[Draft]:
        nodes = [node for node in chapter.children if node.kind not in {"row", "code"}]
        has_structure = any(node.kind in {"section", "item"} or labels_in(node.text) for node in nodes)
        for node in nodes:
            if node.kind == "section":
                self._section(node)
            elif node.kind == "item" or labels_in(node.text) or (node.lead and item_of(node).has_lead and node.rest):
                self._item(node)
            elif self.drafts and self.drafts[-1].parts and self._is_continuation(node):
                self.drafts[-1].add(self._part, node.text, node)
            elif is_story and not has_structure:
                self._story(node)
        return self.drafts

    def _is_continuation(self, node: Node) -> bool:
        """A paragraph under a labelled line that had no text of its own."""
        return (
            self.drafts[-1].reason == "label-pair"
            and not self.drafts[-1].parts.get(self._part)
            and not _INTRODUCTION.match(node.text)
        )

    def _section(self, node: Node) -> None:
        if ends_chapter(node.title):
            return
        label = label_of(node.title)
        if label is not None and not label[1] and label[0] != "problem" and self.drafts:
            self._fill(self.drafts[-1], node, label[0])
            return
        inner = _Reader().read(node, is_story=False) if self._is_group(node) else None
        if inner:
            self.drafts += inner
            return
        if tables := list(of_table([child for child in node.children if child.kind == "row"])):
            self.drafts += tables
            return
        if label is not None and not label[1]:
            draft = Draft(node)
        else:
            draft = Draft(node, without_number(node.title), reason="sub-heading")
        self._fill(draft, node, "problem")
        if "problem" not in draft.parts and not draft.title:
            return
        self.drafts.append(draft)

    def _is_group(self, node: Node) -> bool:
        """Whether a heading gathers several challenges below it instead of being one."""
        sections = [child for child in node.children if child.kind == "section" and label_of(child.title) is None]
        if sections and not is_numbered(node.title):
            return True
        starts = sum(1 for child in node.children for part, _ in labels_in(child.text) if part == "problem")
        if starts > 1:
            return True
        items = [child for child in node.children if child.kind == "item"]
        if not starts and any(labels_in(below.text) for item in items for below in item.walk()):
            return True
        led = [child for child in items if child.lead and not label_of(child.text)]
        return (
            not starts
            and len(led) > 1
            and len(led) == len(items)
            and not any(labels_in(child.text) for child in node.children)
        )

    def _fill(self, draft: Draft, node: Node, part: Part) -> None:
        """Puts everything below a heading or item into a challenge, each line to the label before it."""
        current = part
        texts: list[tuple[str, Node]] = []
        for child in node.children:
            if child.kind == "code":
                continue
            pieces = labels_in(child.text)
            if child.kind == "section":
                label = label_of(child.title)
                current = label[0] if label else current
                self._fill(draft, child, current)
            elif pieces:
                for current, text in pieces:
                    draft.add(current, text, child)
                self._fill(draft, child, current)
            elif part == "problem" and current == "problem" and "problem" not in draft.parts:
                texts.append((child.text, child))
            else:
                draft.add(current, child.text, child)
                self._fill(draft, child, current)
        if texts:
            self._tell(draft, texts)

    def _tell(self, draft: Draft, texts: list[tuple[str, Node]]) -> None:
        """Text without labels: what comes before the first sentence of a remedy is the problem."""
        found_remedy = False
        for text, node in texts:
            for sentence in SENTENCE_END.split(text):
                found_remedy = found_remedy or is_remedy(sentence)
                draft.add("solution" if found_remedy else "problem", sentence, node)
        told: tuple[Part, ...] = ("problem", "solution")
        for part in told:
            if part in draft.parts:
                draft.parts[part] = [" ".join(draft.parts[part])]
        draft.confidence = min(draft.confidence, 0.75)

    def _item(self, node: Node) -> None:
        pieces = labels_in(node.text)
        if pieces:
            for part, text in pieces:
                if part == "problem":
                    self.drafts.append(Draft(node, before_label(node.text)))
                if self.drafts:
                    self.drafts[-1].add(part, text, node)
                    self._part = part
            if self.drafts:
                self._fill(self.drafts[-1], node, self._part)
            return
        if (
            self.drafts
            and self._part == "solution"
            and self.drafts[-1].reason == "label-pair"
            and not self.drafts[-1].parts.get("solution")
        ):
            # The bullets of a solution whose label stood alone above them.
            self.drafts[-1].add("solution", node.text, node)
            return
        draft = _draft_of_item(node)
        if any(labels_in(child.text) for child in node.children):
            if not draft.title and "problem" in draft.parts:
                draft.title = draft.parts.pop("problem")[0]
            draft.reason, draft.confidence = "label-pair", 0.95
            self._fill(draft, node, "problem")
        elif node.children:
            self._fill(draft, node, "solution" if "problem" in draft.parts else "problem")
            draft.confidence = min(draft.confidence, 0.75)
        self.drafts.append(draft)
        self._part = "problem"

    def _story(self, node: Node) -> None:
        """A paragraph of prose that tells one challenge."""
        if self.drafts and (is_remedy(node.text) or self._part == "solution"):
            # A remedy that begins on a line of its own runs on to the end of the story.
            self.drafts[-1].add("solution", node.text, node)
            self._part = "solution" if node.text.endswith(":") or self._part == "solution" else "problem"
            return
        if len(telling_words(node.text)) < 5 or node.text.endswith(":") or _INTRODUCTION.match(node.text):
            return
        draft = Draft(node, reason="story", confidence=0.5)
        self._tell(draft, [(node.text, node)])
        self.drafts.append(draft)


def _draft_of_item(node: Node) -> Draft:
    """A list item without a label: a lead with the story behind it, or the story alone."""
    draft = Draft(node, reason="lead-and-remedy", confidence=0.8, end=node.end)
    item = item_of(node)
    if (arrow := ARROW.search(node.text)) and arrow.start() > 0:
        problem, solution = without_number(node.text[: arrow.start()]), node.text[arrow.end() :]
        if node.lead:
            draft.title, problem = problem, ""
    elif item.has_lead and (node.lead or len(item.name.split()) <= 8):
        draft.title = without_number(item.name)
        problem, solution = split_story(item.description)
    else:
        draft.reason, draft.confidence = "listed-sentence", 0.6
        problem, solution = split_story(without_number(node.text))
    draft.add("problem", problem, node)
    draft.add("solution", solution, node)
    return draft
