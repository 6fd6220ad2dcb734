"""Twelve weeks as cells."""

import datetime

from nexus.knowledge.strips import WEEKS, Told, strips

MONDAY = datetime.date(2026, 9, 7)


def told(week=None, day=None, number=1, person="ada", hub="cohort"):
    return Told(person, hub, week, None if day is None else MONDAY + datetime.timedelta(days=day), number)


def numbers(strip):
    return {cell.week: cell.number for cell in strip.cells if cell.number}


def test_weeks_by_number_and_by_day_meet():
    made = strips([told(week=1, number=2), told(day=9), told(week=3, day=15), told(day=16, number=4)])
    assert numbers(made["ada", "cohort"]) == {1: 2, 2: 1, 3: 5}
    assert made["ada", "cohort"].weeks == 3
    assert len(made["ada", "cohort"].cells) == WEEKS


def test_days_alone_count_from_the_first_of_the_hub():
    made = strips([told(day=2), told(day=20, person="leo"), told(day=3, person="leo", hub="other")])
    assert numbers(made["ada", "cohort"]) == {1: 1}
    assert numbers(made["leo", "cohort"]) == {3: 1}
    assert numbers(made["leo", "other"]) == {1: 1}


def test_one_text_written_late_moves_no_week():
    made = strips([told(week=1, day=0, number=3), told(week=2, day=7, number=3), told(week=2, day=70)])
    assert made["ada", "cohort"].start == MONDAY


def test_of_a_longer_program_the_last_weeks_are_shown():
    made = strips([told(week=1), told(week=20, person="leo")])
    assert [cell.week for cell in made["leo", "cohort"].cells] == list(range(9, 21))
    assert numbers(made["ada", "cohort"]) == {}


def test_levels_rise_with_the_number():
    made = strips([told(week=week, number=number) for week, number in enumerate((1, 2, 3, 4, 8, 100), start=1)])
    assert [cell.level for cell in made["ada", "cohort"].cells[:7]] == [1, 2, 2, 3, 4, 4, 0]


def test_nothing_told_is_no_strip():
    assert strips([]) == {}
