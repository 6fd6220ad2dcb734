"""When something was learned, from headings, paths and front matter."""

import datetime

import pytest

from nexus.knowledge.weeks import NOWHERE, Place, place_in, places
from nexus.markdown import parse

SEPTEMBER_14 = datetime.date(2026, 9, 14)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Week 3", Place(3)),
        ("week-03", Place(3)),
        ("WEEK_12: Docker", Place(12)),
        ("Semaine 4", Place(4)),
        ("ሳምንት 5", Place(5)),
        ("الأسبوع 6", Place(6)),
        ("Weeks 1-2", Place(1)),
        ("Week 2 (2026-09-14)", Place(2, SEPTEMBER_14)),
        ("14th September 2026", Place(None, SEPTEMBER_14)),
        ("Sep 14, 2026: sockets", Place(None, SEPTEMBER_14)),
        ("Midweek 3", NOWHERE),
        ("Week 0", NOWHERE),
        ("Week 99", NOWHERE),
        ("Weekly goals", NOWHERE),
        ("2026-13-45", NOWHERE),
        ("version 2026.9", NOWHERE),
        ("", NOWHERE),
    ],
)
def test_a_heading_names_a_week_or_a_day(text, place):
    assert place_in(text) == place


def challenges(*titles: str) -> str:
    return "".join(f"- **Challenge:** {title}\n" for title in titles)


def test_the_nearest_heading_above_decides_then_the_path_then_the_front_matter():
    text = (
        "# Log\n\n## Week 2\n\n### Challenges\n\n" + challenges("a") + "\n## Week 3 (2026-09-21)\n\n### Challenges\n\n"
        + challenges("b") + "\n## Challenges\n\n" + challenges("c")
    )  # fmt: skip
    document = parse(text)
    assert [entry.problem for entry in document.entries] == ["a", "b", "c"]
    assert places("notes/log.md", document) == [Place(2), Place(3, datetime.date(2026, 9, 21)), NOWHERE]
    assert places("notes/week-9/log.md", document)[2] == Place(9)
    assert places("w07.md", document)[2] == Place(7)
    dated = parse("---\ndate: 2026-09-14\n---\n" + text)
    assert places("log.md", dated)[2] == Place(None, SEPTEMBER_14)
    assert places("week-9/log.md", dated)[2] == Place(9, SEPTEMBER_14)
    numbered = parse("---\nweek: 4\n---\n## Challenges\n\n" + challenges("a"))
    assert places("week-9/log.md", numbered) == [Place(4)]


def test_nothing_found_has_no_place():
    assert places("week-1.md", parse("# Week 1\n")) == []
