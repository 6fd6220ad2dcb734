"""What a search answers with: plain values, the same whichever engine found them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

#: The kinds of entries, in the order of the chapters.
ENTRY_KINDS = ("technology", "concept", "challenge", "practice", "project")
#: All kinds of things that are found.
KINDS = ("challenge", "topic", "page", "practice", "technology", "concept", "project", "person", "hub", "file")


class Mark(NamedTuple):
    """A range of characters that the query names."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and which parts of it were asked for; the ranges are in order and do not meet."""

    text: str = ""
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One thing found.

    type: "entry", "topic", "page", "file", "person" or "hub"; kind: one of KINDS, an entry's own kind among them.
    id: what names it in its hub or, for topics, people and hubs, everywhere: an entry's or page's UUID, a topic's slug, a
    person's handle, a hub's slug. path: the page it is on, "" for what is on none. match: "same error", "similar error", "".
    problem, solution: a challenge's own words, cut at some 200 characters; is_solved is None for all that is no challenge.
    """

    type: str
    kind: str
    id: str
    title: Marked
    snippet: Marked = Marked()
    hub: str = ""
    hub_title: str = ""
    path: str = ""
    page_title: str = ""
    person: str = ""
    person_handle: str = ""
    match: str = ""
    is_solved: bool | None = None
    problem: Marked = Marked()
    solution: Marked = Marked()


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found.

    facets: how many of each kind there are, whatever `kind` was asked for; is_cut says that these counts, and the paging,
    end at the bound (`queries.WINDOW`) and there is more. next: the cursor of the next page, "" at the end.
    error: the error message the query was recognised as, without what differs from machine to machine; "" for words.
    """

    results: tuple[Result, ...] = ()
    facets: Mapping[str, int] | None = None
    next: str = ""
    is_cut: bool = False
    error: str = ""
    words: tuple[str, ...] = ()
