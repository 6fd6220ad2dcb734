"""What the readers of chapters hand back, before it becomes an `Entry`."""

from dataclasses import dataclass

from nexus.markdown.document import EntryKind


@dataclass(slots=True)
class Found:
    """Something found in a chapter. `start` and `end` are byte offsets; see `Entry` for the rest."""

    kind: EntryKind
    title: str
    start: int
    end: int
    confidence: float
    reason: str
    problem: str | None = None
    cause: str | None = None
    solution: str | None = None
    error_text: str | None = None
