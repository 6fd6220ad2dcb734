"""A challenge being put together, and the two places it can come from whole: a table's row, or two paired lists."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nexus.markdown.error_text import error_text_in
from nexus.markdown.found import Found
from nexus.markdown.labels import SENTENCE_END, Part
from nexus.markdown.lines import Node
from nexus.markdown.sections import clean_title, role_of

MAX_PAIRS = 2_500
"""Problems times solutions of two separate lists that are compared."""
MAX_TITLE = 160
"""Characters of a challenge's title."""

_HEADS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    ("solution", re.compile(r"solution|fix|resol|solved|how|approach|action|remed|mitigat|overc", re.IGNORECASE)),
    ("cause", re.compile(r"cause|reason|why", re.IGNORECASE)),
    ("problem", re.compile(r"challeng|problem|issue|difficult|obstacle|error|bug", re.IGNORECASE)),
    # Beside a problem; alone it is what the problem is called.
    ("error", re.compile(r"error|exception|traceback", re.IGNORECASE)),
)
_DESCRIBES = re.compile(r"desc|detail|context|what", re.IGNORECASE)
_TELLING_WORD = re.compile(
    r"\b(?!(?:the|and|for|with|from|that|this|was|were|had|how|them|into|using|used|some|more)\b)[^\W\d_]{3,}",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Draft:
    """A challenge being put together. `parts` are the texts found so far, each as the lines it had."""

    node: Node
    title: str = ""
    parts: dict[Part, list[str]] = field(default_factory=dict)
    end: int = 0
    reason: str = "label-pair"
    confidence: float = 0.95

    def add(self, part: Part, text: str, node: Node) -> None:
        """Adds a text to a part; the challenge then ends no earlier than the line it came from."""
        if text := text.strip():
            self.parts.setdefault(part, []).append(text)
        self.end = max(self.end, node.end)

    def said(self, part: Part) -> str | None:
        """A part's text, None when nothing says it."""
        return "\n".join(self.parts[part]) if self.parts.get(part) else None

    def found(self) -> Found | None:
        """The finished challenge, None when nothing names a problem. Without a solution it is less sure to be one."""
        problem, title = self.said("problem"), clean_title(self.title).rstrip(":").strip()
        if not problem and not title:
            return None
        solution = self.said("solution")
        code = [child.text for child in self.node.walk() if child.kind == "code"]
        return Found(
            kind="challenge",
            title=_shortened(title or (problem or "").split("\n")[0]),
            start=self.node.start,
            end=max(self.end, self.node.end),
            confidence=self.confidence if solution else min(self.confidence, 0.6),
            reason=self.reason,
            problem=problem or title,
            cause=self.said("cause"),
            solution=solution,
            error_text=self.said("error") or error_text_in(problem or title, code),
        )


def _shortened(text: str) -> str:
    if len(text) <= MAX_TITLE:
        return text
    first = SENTENCE_END.split(text)[0]
    return first if len(first) <= MAX_TITLE else text[:MAX_TITLE].rsplit(" ", 1)[0] + "…"


def of_table(rows: list[Node]) -> Iterator[Draft]:
    """One draft for each row below a head row that names a problem or a solution."""
    if not rows or not rows[0].is_head_row:
        return
    head = rows[0].cells
    columns: dict[Part, int] = {}
    for part, pattern in _HEADS:
        for column, cell in enumerate(head):
            if pattern.search(cell) and column not in columns.values():
                columns[part] = column
                break
    if "problem" not in columns and "solution" not in columns:
        return
    problem = columns.pop("problem", 0)
    free = (i for i, cell in enumerate(head) if _DESCRIBES.match(cell) and i != problem and i not in columns.values())
    described = next(free, None)
    for row in rows[1:]:
        cells = [*row.cells, *[""] * len(head)]
        draft = Draft(row, reason="table-row")
        if described is not None and cells[described]:
            draft.title = cells[problem]
            draft.add("problem", cells[described], row)
        else:
            draft.add("problem", cells[problem], row)
        for part, column in columns.items():
            draft.add(part, cells[column], row)
        yield draft


def of_pasted_table(chapter: Node) -> Iterator[Draft]:
    """The same for a table pasted as lines with tabs or wide gaps between its cells."""
    lines = [node for node in chapter.children if len(node.cells) > 1]
    rows = [Node("row", n.text, n.start, n.end, cells=tuple(clean_title(cell) for cell in n.cells)) for n in lines]
    if len(rows) > 1:
        rows[0].is_head_row = True
        yield from of_table(rows)


def pair(problems: list[Found], remedies: list[Node]) -> None:
    """Gives the challenges of one list the solutions of another, by the words they share, then by their order."""
    open_problems = [found for found in problems if not found.solution]
    if len(open_problems) * len(remedies) > MAX_PAIRS:
        return
    said = [telling_words(found.problem or found.title) for found in open_problems]
    told = [telling_words(node.text) for node in remedies]
    scored = sorted((-_shared(a, b), i, j) for i, a in enumerate(said) for j, b in enumerate(told))
    same_length = len(said) == len(told)
    paired: set[int] = set()
    used: set[int] = set()
    for score, i, j in scored:
        if i in paired or j in used or (score == 0 and not same_length):
            continue
        paired.add(i)
        used.add(j)
        found, node = open_problems[i], remedies[j]
        found.solution, found.end, found.reason = node.text, max(found.end, node.last), "separate-lists"
        found.confidence = 0.7 if score else 0.5


def remedies_of(chapter: Node) -> list[Node]:
    """The lines of a separate solutions chapter."""
    return [node for node in chapter.children if node.kind == "item" and role_of(node.title) != "other"]


def telling_words(text: str) -> frozenset[str]:
    """The stems (five letters) of the words that say what a text is about."""
    return frozenset(word[:5].lower() for word in _TELLING_WORD.findall(text))


def _shared(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / (min(len(a), len(b)) or 1)
