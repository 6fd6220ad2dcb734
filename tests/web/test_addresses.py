"""Addresses made by hand equal Django's, and no hub can take one that means something else."""

import re

from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from tests.security.test_canary import named_patterns

from nexus.hubs.actions import RESERVED_SLUGS
from nexus.hubs.models import SLUG_PATTERN
from nexus.search.addresses import entry_address, page_address, person_address, raw_address, topic_address

PATHS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda path: all(segment not in ("", ".", "..") for segment in path.split("/"))
)


@given(PATHS)
def test_addresses_are_the_resolvers(path):
    assert page_address("hub", path) == reverse("page", args=("hub", path))
    assert raw_address("hub", path) == reverse("raw", args=("hub", path))
    assert page_address("hub", "") == reverse("hub", args=("hub",))


def test_first_segments_of_addresses_are_reserved():
    firsts = {route.split("/")[0] for route in named_patterns().values()} - {"", "<hub:hub>"}
    assert {first for first in firsts if re.fullmatch(SLUG_PATTERN, first)} <= RESERVED_SLUGS


def test_what_is_found_has_an_address():
    assert entry_address("cohort", "challenge", "1-2", "No such table: é!") == "/cohort/challenges/1-2-no-such-table-e"
    assert entry_address("cohort", "technology", "1-2", "データベース") == "/cohort/technologies/1-2"
    assert len(entry_address("c", "practice", "1", "word " * 100)) <= len("/c/practices/1-") + 60
    assert topic_address("c++") == "/topics/c%2B%2B"
    assert topic_address("データ", "cohort") == "/cohort/topics/%E3%83%87%E3%83%BC%E3%82%BF"
    assert (person_address("ada"), person_address("ada", "cohort")) == ("/people/ada", "/cohort/people/ada")
