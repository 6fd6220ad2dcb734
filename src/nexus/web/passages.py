"""A passage of a text as it was written, with what stands around it."""

from dataclasses import dataclass

from nexus.knowledge.queries import PASSAGE_BYTES


@dataclass(frozen=True, slots=True)
class Passage:
    """The passage and whole lines before and after it; `is_cut` when it goes on beyond what is shown."""

    before: str
    text: str
    after: str
    is_cut: bool = False


def passage_in(read: bytes, start: int, length: int) -> Passage:
    """The passage of `length` bytes that begins `start` bytes into `read`; cut characters and lines are left out."""
    shown = min(length, PASSAGE_BYTES)
    before = read[:start].decode("utf-8", "ignore")
    text = read[start : start + shown].decode("utf-8", "ignore")
    after = read[start + shown :].decode("utf-8", "ignore")
    return Passage(_lines_before(before), text, _lines_after(after), is_cut=length > PASSAGE_BYTES)


#: Lines of context on either side.
AROUND = 8


def _lines_before(text: str) -> str:
    *whole, last = text.split("\n")
    return "\n".join([*whole[1:][-AROUND:], last]) if whole else last


def _lines_after(text: str) -> str:
    first, *whole = text.split("\n")
    return "\n".join([first, *whole[:AROUND]])
