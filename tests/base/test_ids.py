"""Identifiers: version 7 as the RFC has it, ascending within a process; hashes that are equal when bytes are."""

import time
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from nexus.base.ids import content_hash, text_key, uuid7


def test_uuid7_has_version_variant_and_time():
    before = time.time_ns() // 1_000_000
    value = uuid7()
    assert (value.version, value.variant) == (7, "specified in RFC 4122")
    assert before <= value.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_uuid7_ascends_and_never_repeats_across_threads():
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: [uuid7() for _ in range(2000)], range(8)))
    for batch in batches:
        assert batch == sorted(batch)
    assert len({value for batch in batches for value in batch}) == 16_000


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_keys_are_equal_exactly_when_bytes_are(one, other):
    assert (text_key(one) == text_key(other)) is (one.encode() == other.encode())
    assert text_key(one) == content_hash(one.encode())
