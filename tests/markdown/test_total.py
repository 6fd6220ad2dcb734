"""`parse` gives a document for every text, the same one every time, and a stored document comes back as it was."""

import pickle

import pytest
from hypothesis import given, settings

from nexus.markdown import MAX_BYTES, Document, InvalidText, Target, TooLarge, parse

from .strategies import TEXTS


@settings(max_examples=600, deadline=None)
@given(TEXTS)
def test_every_text_gives_a_document_that_survives_storing(text: str) -> None:
    document = parse(text)
    assert parse(text) == document
    assert Document.from_json(document.to_json()) == document
    assert pickle.loads(pickle.dumps(document)) == document
    assert isinstance(document.render(lambda reference: Target(reference.target)), str)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_spans_lie_in_the_text_and_cut_no_character(text: str) -> None:
    document, data = parse(text), text.encode()
    spans = [*document.outline, *document.references, *document.tasks, *document.entries, *document.blocks]
    for item in spans:
        assert 0 <= item.start <= item.end <= len(data), item
        data[item.start : item.end].decode()


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_slots_name_references_and_nothing_else(text: str) -> None:
    document = parse(text)
    slots = {segment for segment in document.segments if isinstance(segment, int)}
    assert slots <= set(range(len(document.references)))
    assert (
        "nexus-slot" not in "".join(segment for segment in document.segments if isinstance(segment, str))
        or "nexus-slot" in text
    )
    assert [r.start for r in document.references] == sorted(r.start for r in document.references)


@pytest.mark.slow
def test_two_megabytes_are_a_page_and_a_byte_more_is_not() -> None:
    assert parse("é\n" * (MAX_BYTES // 3)).title is None
    with pytest.raises(TooLarge) as refused:
        parse("é\n" * (MAX_BYTES // 3) + "xyz")
    assert (refused.value.code, refused.value.field) == ("text_too_large", "text")
    assert "2,000,000" in str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("text", "value"), [("a\0b", "U+0000 at character 1"), ("a\ud800", "lone surrogate at character 1")]
)
def test_what_is_no_text_is_refused_by_name(text: str, value: str) -> None:
    with pytest.raises(InvalidText) as refused:
        parse(text)
    assert (refused.value.code, refused.value.value) == ("invalid_text", value)
    assert isinstance(refused.value, ValueError)


def test_what_is_no_stored_document_is_refused() -> None:
    for data in ("{}", "[]", "nonsense"):
        with pytest.raises(ValueError):
            Document.from_json(data)
