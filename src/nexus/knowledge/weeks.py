"""When something was learned: the week of a program or the day that a text names for it, by headings and paths."""

import datetime
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from nexus.markdown import Document, Heading

#: A program longer than this is not counted in weeks.
MAX_WEEK = 53

_WEEK = re.compile(r"(?<![^\W_])(?:weeks?|wk|semaine|ሳምንት|(?:ال)?أسبوع)[\s_\-.:#]{0,3}0*(\d{1,2})(?!\d)", re.IGNORECASE)
_SHORT_WEEK = re.compile(r"w0*(\d{1,2})(?!\d)(?=[\W_]|$)", re.IGNORECASE)
_ISO = re.compile(r"(?<!\d)(20\d\d)[-_./](\d{1,2})[-_./](\d{1,2})(?!\d)")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS)
_DAY_FIRST = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s+({_MONTH})\.?,?\s+(20\d\d)(?!\d)", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(20\d\d)(?!\d)", re.IGNORECASE)


class Place(NamedTuple):
    """A place in time: the number of a program's week, and a day; each None when nothing names it."""

    week: int | None = None
    day: datetime.date | None = None


NOWHERE = Place()


def place_in(text: str) -> Place:
    """The week and the day that a heading or a name in a path gives."""
    found = _WEEK.search(text)
    week = int(found[1]) if found and 0 < int(found[1]) <= MAX_WEEK else None
    return Place(week, _day_in(text))


def places(path: str, document: Document) -> list[Place]:
    """For each entry of `document` at `path`: what the nearest heading above says, else the path, else the front matter."""
    fallback = _place_of(path, document.front_matter)
    if not document.entries:
        return []
    named = [place_in(heading.title) for heading in document.outline]
    return [
        next((place for place in _above(document.outline, named, entry.start) if place != NOWHERE), fallback)
        for entry in document.entries
    ]


def _above(outline: Sequence[Heading], named: Sequence[Place], start: int) -> list[Place]:
    """What the headings over a position say, innermost first."""
    over: list[tuple[int, Place]] = []
    for heading, place in zip(outline, named, strict=True):
        if heading.start > start:
            break
        while over and over[-1][0] >= heading.level:
            over.pop()
        over.append((heading.level, place))
    return [place for _, place in reversed(over)]


def _place_of(path: str, front_matter: dict[str, Any]) -> Place:
    day = _day_in(str(front_matter.get("date", ""))[:40])
    week = front_matter.get("week")
    if isinstance(week, int) and 0 < week <= MAX_WEEK:
        return Place(week, day)
    for segment in reversed(path.split("/")):
        short = _SHORT_WEEK.match(segment)
        place = Place(int(short[1]), _day_in(segment)) if short and 0 < int(short[1]) <= MAX_WEEK else place_in(segment)
        if place != NOWHERE:
            return Place(place.week, place.day or day)
    return Place(None, day)


def _day_in(text: str) -> datetime.date | None:
    if found := _ISO.search(text):
        return _date(found[1], int(found[2]), found[3])
    if found := _DAY_FIRST.search(text):
        return _date(found[3], _month(found[2]), found[1])
    if found := _MONTH_FIRST.search(text):
        return _date(found[3], _month(found[1]), found[2])
    return None


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, start=1) if month.startswith(name.lower()[:3]))


def _date(year: str, month: int, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year), month, int(day))
    except ValueError:
        return None
