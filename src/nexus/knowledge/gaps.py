"""What a text could still say, so that others find it and learn from it. Pure."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MAX_GAPS = 3


class Said(Protocol):
    """Of an entry, a stored one or one just parsed, what this looks at."""

    @property
    def kind(self) -> str: ...
    @property
    def solution(self) -> str | None: ...
    @property
    def error_text(self) -> str | None: ...


class Question(NamedTuple):
    """What a challenge leaves open, and how one asks for it."""

    part: Literal["error_text", "cause", "solution", "commit"]
    words: str


class Challenge(Said, Protocol):
    """Of a challenge, what its questions look at besides."""

    @property
    def cause(self) -> str | None: ...


def questions(challenge: Challenge, passage: str = "") -> tuple[Question, ...]:
    """What one would ask whoever wrote a challenge, at most MAX_GAPS; `passage`: its text, which may link a proof."""
    found = []
    if not challenge.error_text:
        found.append(Question("error_text", _("Which message did you see?")))
    if not challenge.cause:
        found.append(Question("cause", _("What caused it?")))
    if not challenge.solution:
        found.append(Question("solution", _("What helped?")))
    elif "http" not in passage:
        found.append(Question("commit", _("Where is the commit?")))
    return tuple(found[:MAX_GAPS])


class Gap(NamedTuple):
    """What is missing, and what to do about it: a sentence each."""

    message: str
    remedy: str


def gaps(entries: Iterable[Said]) -> tuple[Gap, ...]:
    """The most telling gaps in what a text says, at most MAX_GAPS, the one that helps others most first."""
    said = list(entries)
    if not said:
        return (_nothing(),)
    challenges = [entry for entry in said if entry.kind == "challenge"]
    kinds = {entry.kind for entry in said}
    found = [*_of_challenges(challenges), *(gap for kind, gap in _absent().items() if kind not in kinds)]
    return tuple(found[:MAX_GAPS])


def _nothing() -> Gap:
    return Gap(
        _("Nothing was recognised in this text."),
        _("Give it headings such as “Technologies”, “Challenges” and “Best practices”, with a list below each."),
    )


def _of_challenges(challenges: Sequence[Said]) -> list[Gap]:
    number = len(challenges)
    found = []
    if number and not any(entry.error_text for entry in challenges):
        said = ngettext(
            "%(n)d challenge, which does not say what you saw.", "%(n)d challenges, none says what you saw.", number
        )
        found.append(
            Gap(said % {"n": number}, _("Paste the error message below one: the next person searches for it."))
        )
    if unsolved := sum(1 for entry in challenges if not entry.solution):
        said = ngettext(
            "%(n)d challenge does not say how it was solved.",
            "%(n)d challenges do not say how they were solved.",
            unsolved,
        )
        found.append(
            Gap(said % {"n": unsolved}, _("Write “Solution:” and one sentence, or say that you are still stuck."))
        )
    return found


def _absent() -> dict[str, Gap]:
    """By kind: what is said when there is none of it."""
    return {
        "challenge": Gap(
            _("No challenge yet."), _("Under “Challenges”, write one problem that cost you an hour, and what helped.")
        ),
        "practice": Gap(
            _("No practice yet."), _("Under “Best practices”, write what you would do again from the first day.")
        ),
        "technology": Gap(_("No technology yet."), _("Under “Technologies”, list what you worked with.")),
        "concept": Gap(
            _("No concept yet."), _("Under “Concepts”, list the ideas you applied, such as caching or pagination.")
        ),
    }
