"""Growth over a program as a strip: one cell a week, the fuller the more was found."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

#: Cells of a strip; of a longer program, the last ones.
WEEKS = 12
#: How full a cell can be: 0 for nothing, then for 1, 2, 4 and 8 finds or more.
LEVELS = (1, 2, 4, 8)


class Told(NamedTuple):
    """That somebody said `number` things in a hub in a week, or on a day, of its program."""

    person: Hashable
    hub: Hashable
    week: int | None
    day: datetime.date | None
    number: int


class Cell(NamedTuple):
    """A week of a strip: its number in the program, how much was found, and how full it is drawn (0 to 4)."""

    week: int
    number: int
    level: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The weeks of somebody in a hub."""

    cells: tuple[Cell, ...]
    #: The Monday of week 1, when any day is known.
    start: datetime.date | None = None

    @property
    def weeks(self) -> int:
        """In how many weeks something was found."""
        return sum(cell.number > 0 for cell in self.cells)


def strips(told: Iterable[Told]) -> dict[tuple[Hashable, Hashable], Strip]:
    """The strip of each (person, hub) that told something; the strips of one hub show the same weeks."""
    by_hub: dict[Hashable, list[Told]] = defaultdict(list)
    for row in told:
        by_hub[row.hub].append(row)
    made: dict[tuple[Hashable, Hashable], Strip] = {}
    for hub, rows in by_hub.items():
        start = _start(rows)
        counted: dict[Hashable, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for row in rows:
            counted[row.person][_week(row, start)] += row.number
        last = max(WEEKS, *(max(weeks) for weeks in counted.values()))
        for person, weeks in counted.items():
            made[person, hub] = Strip(
                tuple(Cell(week, weeks[week], _level(weeks[week])) for week in range(last - WEEKS + 1, last + 1)), start
            )
    return made


def _start(rows: list[Told]) -> datetime.date | None:
    """The Monday of week 1: what most of those say that name both a week and a day, else the week of the first day."""
    paired: Counter[datetime.date] = Counter()
    for row in rows:
        if row.day and row.week:
            paired[_monday(row.day) - datetime.timedelta(weeks=row.week - 1)] += row.number
    if paired:
        return max(paired, key=lambda monday: (paired[monday], -monday.toordinal()))
    return min((_monday(row.day) for row in rows if row.day), default=None)


def _week(row: Told, start: datetime.date | None) -> int:
    if row.week is not None:
        return row.week
    if row.day is None or start is None:
        return 1
    return max((row.day - start).days // 7 + 1, 1)


def _monday(day: datetime.date) -> datetime.date:
    return day - datetime.timedelta(days=day.weekday())


def _level(number: int) -> int:
    return sum(number >= least for least in LEVELS)
